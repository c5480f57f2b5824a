public import NIOSSL
public import SluiceResilience

/// How a ``ReconnectingChannel`` connects.
public struct ReconnectSettings: Sendable {
    /// When it tries again, and when it gives up.
    public var policy = RetryPolicy.firewallReset
    /// At this age a connection is replaced, before anything ends it: the new one is made first. The age is spread by
    /// 20 % to each side. Nil: never. Three minutes are early enough for a proxy that drains for five minutes. Where a
    /// drain resets after 45 s, as that of Azure Firewall, only 35 s or less are.
    public var plannedReconnect: Duration?
    /// After a planned reconnect the older connection stays open for this long, if the application does not close it
    /// sooner.
    public var handOverTime = Duration.seconds(5)
    /// An attempt, with its TLS handshake, takes no longer than this.
    public var connectTimeout = Duration.seconds(10)
    /// TCP keep-alive. Nil: as the bootstrap has it.
    public var keepAlive: KeepAliveTimes? = KeepAliveTimes()
    /// TLS, from the first byte on. Nil: none.
    public var tls: ClientTLS?
    /// Classifies errors before ``FailureClass`` does. Nil: it has no opinion.
    public var classify: @Sendable (any Error) -> FailureClass? = { _ in nil }

    /// Makes the default settings: ``RetryPolicy/firewallReset``, keep-alive, neither TLS nor planned reconnects.
    public init() {}
}

/// TLS at the client's end.
public struct ClientTLS: Sendable {
    /// Trust roots, certificates, ALPN.
    public var context: NIOSSLContext
    /// The name that the server's certificate must have. Nil: the host's name, or its address.
    public var serverName: String?

    /// Makes TLS settings.
    public init(context: NIOSSLContext, serverName: String? = nil) {
        self.context = context
        self.serverName = serverName
    }
}
