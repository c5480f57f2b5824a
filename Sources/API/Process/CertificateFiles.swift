internal import FoundationEssentials
import Glibc
import NIOSSL
package import Policy

/// The certificate and key of HTTPS, read and checked.
package enum CertificateFiles {
    /// What is wrong with them, where, and what to do; nil: they can serve.
    package static func problem(_ tls: APISettings.TLS) -> String? {
        do throws(Failure) {
            _ = try load(tls, now: time(nil))
            return nil
        } catch {
            return error.description
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ place: APISettings.Place, _ key: String, _ message: String) {
            description = "\(place.text): api.tls.\(key): \(message)"
        }
    }

    /// - Parameter now: seconds since 1970.
    static func load(_ tls: APISettings.TLS, now: time_t) throws(Failure) -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(try bytes(tls.certificate))
        } catch {
            throw Failure(
                tls.certificatePlace, "certificate",
                "\(tls.certificate) can't be read as certificates in PEM (\(reason(error))): name a file that begins with "
                    + "-----BEGIN CERTIFICATE-----")
        }
        guard let own = chain.first else {
            throw Failure(
                tls.certificatePlace, "certificate",
                "\(tls.certificate) holds no certificate: name a file that begins with -----BEGIN CERTIFICATE-----")
        }
        guard own.notValidAfter > now else {
            throw Failure(
                tls.certificatePlace, "certificate",
                "\(tls.certificate) expired at \(WallTimeText.of(own.notValidAfter)): put a new one there")
        }
        guard own.notValidBefore <= now else {
            throw Failure(
                tls.certificatePlace, "certificate",
                "\(tls.certificate) is not valid before \(WallTimeText.of(own.notValidBefore)): put another one there, or set "
                    + "this machine's clock")
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: try bytes(tls.key), format: .pem)
        } catch {
            throw Failure(
                tls.keyPlace, "key",
                "\(tls.key) can't be read as a private key in PEM without a passphrase (\(reason(error))): name the key of "
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
                tls.keyPlace, "key",
                "\(tls.key) is not the key of \(tls.certificate): name the one that it was made with")
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

/// A moment in words.
enum WallTimeText {
    /// `2026-03-01T12:00:00Z`
    static func of(_ time: time_t) -> String {
        Date(timeIntervalSince1970: Double(time)).formatted(.iso8601)
    }
}
