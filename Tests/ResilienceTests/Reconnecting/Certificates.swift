import Lab
import NIOSSL
import TestSupport

/// Certificates of a test's own, made by the `openssl` program.
final class Certificates {
    private let directory: TemporaryDirectory

    /// Makes a certificate that signs itself.
    ///
    /// - Parameter name: Whom it is for, as OpenSSL writes it.
    init(for name: String = "IP:127.0.0.1") async throws {
        directory = TemporaryDirectory()
        let request = try ChildProcess([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=sluice-test", "-addext", "subjectAltName=\(name)", "-keyout",
            "\(directory.path)/key.pem",
            "-out", "\(directory.path)/certificate.pem",
        ])
        try await request.result(within: .seconds(30)).required()
    }

    /// For a server.
    ///
    /// - Parameter demands: Whether clients must have a certificate that this one has signed.
    func server(demands: Bool = false) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile("\(directory.path)/certificate.pem")
        let key = try NIOSSLPrivateKey(file: "\(directory.path)/key.pem", format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        if demands {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(chain)
        }
        return try NIOSSLContext(configuration: configuration)
    }

    /// For a client that trusts this certificate, or only those of the system.
    func client(trusts: Bool) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if trusts {
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMFile("\(directory.path)/certificate.pem"))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
