internal import FoundationEssentials
package import Glibc
import NIOSSL
internal import Policy

/// Reads and checks the certificate and key for HTTPS.
package enum CertificateFiles {
    /// What is wrong with one of them, and what to do.
    package struct Failure: Error, CustomStringConvertible {
        /// The configuration key of the file: `certificate` or `key`.
        package let key: String
        package let message: String

        init(_ key: String, _ message: String) {
            self.key = key
            self.message = message
        }

        package var description: String { "api.tls.\(key): \(message)" }
    }

    /// - Parameter now: seconds since 1970.
    /// - Returns: nil if they can be used.
    package static func problem(certificate: String, key: String, now: time_t) -> Failure? {
        do throws(Failure) {
            _ = try load(.init(certificate: certificate, key: key), now: now)
            return nil
        } catch {
            return error
        }
    }

    /// - Parameter now: seconds since 1970.
    static func load(_ tls: APISettings.TLS, now: time_t) throws(Failure) -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(try bytes(tls.certificate))
        } catch {
            throw Failure(
                "certificate",
                "\(tls.certificate) can't be read as certificates in PEM (\(reason(error))): write the path of a file that begins with "
                    + "-----BEGIN CERTIFICATE-----")
        }
        guard let own = chain.first else {
            throw Failure(
                "certificate",
                "\(tls.certificate) holds no certificate: name a file that begins with -----BEGIN CERTIFICATE-----")
        }
        guard own.notValidAfter > now else {
            throw Failure(
                "certificate",
                "\(tls.certificate) expired at \(WallTimeText.of(own.notValidAfter)): replace the file with a new one")
        }
        guard own.notValidBefore <= now else {
            throw Failure(
                "certificate",
                "\(tls.certificate) is not valid before \(WallTimeText.of(own.notValidBefore)): replace it, or correct "
                    + "this machine's clock")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: try bytes(tls.key), format: .pem)
        } catch {
            throw Failure(
                "key",
                "\(tls.key) can't be read as a private key in PEM without a passphrase (\(reason(error))): write the path of the key of "
                    + tls.certificate)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Failure(
                "key",
                "\(tls.key) is not the key of \(tls.certificate): write the path of the key that belongs to it")
        }
        return configuration
    }

    private static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: path))) }

    private static func reason(_ error: any Error) -> String {
        if let error = error as? CocoaError {
            switch error.code {
            case .fileReadNoSuchFile: return "there is no such file"
            case .fileReadNoPermission: return "permission denied"
            default: return "error \(error.code.rawValue)"
            }
        }
        return "it is another format"
    }
}

/// A point in time as text.
enum WallTimeText {
    /// `2026-03-01T12:00:00Z`
    static func of(_ time: time_t) -> String {
        Date(timeIntervalSince1970: Double(time)).formatted(.iso8601)
    }
}
