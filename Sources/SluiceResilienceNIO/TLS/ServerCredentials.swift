public import NIOSSL

/// How a server proves who it is, and which clients it accepts.
public struct ServerCredentials: Sendable {
    /// The server's certificate, and those of the authorities between it and a root.
    public var chain: [NIOSSLCertificate]
    /// The key of the certificate.
    public var key: NIOSSLPrivateKey
    /// Who signs the certificates of clients. Nil: clients have tokens.
    public var clientRoots: [NIOSSLCertificate]?
    /// Secrets of clients, by the name that the log shows.
    public var tokens: [String: [UInt8]]

    /// Credentials of a server.
    public init(
        chain: [NIOSSLCertificate], key: NIOSSLPrivateKey, clientRoots: [NIOSSLCertificate]? = nil,
        tokens: [String: [UInt8]] = [:]
    ) {
        self.chain = chain
        self.key = key
        self.clientRoots = clientRoots
        self.tokens = tokens
    }
}
