public import NIOSSL

/// How a client proves who it is, and how it knows the server.
public struct ClientCredentials: Sendable {
    /// How the client proves who it is.
    public enum Authentication: Sendable {
        /// By a certificate that the server's authorities have signed (mutual TLS).
        case certificate(chain: [NIOSSLCertificate], key: NIOSSLPrivateKey)
        /// By a secret that both ends have. It is never sent: both prove it for this connection's keys (docs/resume-protocol.md,
        /// "Proofs"). At least 32 random bytes.
        case token([UInt8])
    }

    /// How the client proves who it is.
    public var authentication: Authentication
    /// Who may have signed the server's certificate. Nil: the system's authorities. With a token, nil accepts any
    /// certificate, because the server's proof of the token is bound to the connection.
    public var trustRoots: [NIOSSLCertificate]?
    /// The name that the server's certificate must have. Nil: the host that is connected to.
    public var serverName: String?

    /// Credentials of a client.
    public init(
        _ authentication: Authentication, trustRoots: [NIOSSLCertificate]? = nil, serverName: String? = nil
    ) {
        self.authentication = authentication
        self.trustRoots = trustRoots
        self.serverName = serverName
    }

    var token: [UInt8]? { if case .token(let token) = authentication { token } else { nil } }
}
