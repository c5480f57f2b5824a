import Crypto
import NIOCore
import NIOSSL

/// TLS of the connections of streams: version 1.3 only, and the protocol's name by ALPN (docs/resume-protocol.md,
/// "Connection").
enum StreamTLS {
    /// The version of the protocol is in its name: ALPN negotiates it.
    static let applicationProtocol = "sluice-resume/1"

    /// A handler for one connection of a client.
    static func handler(_ credentials: ClientCredentials, host: String, exporter: TLSExporter) throws
        -> NIOSSLClientHandler
    {
        var configuration = TLSConfiguration.makeClientConfiguration()
        switch credentials.authentication {
        case .certificate(let chain, let key):
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(key)
        case .token:
            if credentials.trustRoots == nil { configuration.certificateVerification = .none }
        }
        if let roots = credentials.trustRoots { configuration.trustRoots = .certificates(roots) }
        let context = try NIOSSLContext(configuration: complete(configuration, exporter: exporter))
        let name = credentials.serverName ?? host
        // An address has no place in the server name indication. The certificate is checked against the address then.
        let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : name)
    }

    /// A handler for one connection of a server.
    static func handler(_ credentials: ServerCredentials, exporter: TLSExporter) throws -> NIOSSLServerHandler {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: credentials.chain.map { .certificate($0) }, privateKey: .privateKey(credentials.key))
        if let roots = credentials.clientRoots {
            configuration.trustRoots = .certificates(roots)
            // A client without a certificate may have a token.
            configuration.certificateVerification =
                credentials.tokens.isEmpty ? .noHostnameVerification : .optionalVerification
        }
        return NIOSSLServerHandler(
            context: try NIOSSLContext(configuration: complete(configuration, exporter: exporter)))
    }

    private static func complete(_ given: TLSConfiguration, exporter: TLSExporter) -> TLSConfiguration {
        var configuration = given
        configuration.minimumTLSVersion = .tlsv13
        configuration.applicationProtocols = [applicationProtocol]
        configuration.keyLogCallback = { exporter.note($0) }
        return configuration
    }

    /// Whether another attempt can't succeed: one end refuses the other's certificate, or its version.
    static func isRefusal(_ error: any Error) -> Bool {
        if error is NIOSSLExtraError { return true }
        let text = String(describing: error)
        return ["CERTIFICATE", "UNKNOWN_CA", "NO_APPLICATION_PROTOCOL", "PROTOCOL_VERSION"].contains {
            text.contains($0)
        }
    }

    /// The name of a client by its certificate's public key, as in RFC 7469: it stays the same when the certificate is
    /// renewed.
    static func identity(_ certificate: NIOSSLCertificate) throws -> String {
        let hash = SHA256.hash(data: try certificate.extractPublicKey().toSPKIBytes())
        return "certificate "
            + hash.prefix(8).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
    }
}
