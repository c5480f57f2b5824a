import Glibc
import NIOCore

public import NIOPosix

/// When TCP probes an idle connection, and when it gives up (tcp(7)).
///
/// The default values keep a session that a firewall ends after 4 minutes without a packet, even if two probes are lost,
/// and report a dead connection after 60 s, whether it is idle or has sent something.
public struct KeepAliveTimes: Sendable, Hashable {
    /// The first probe comes after so many idle seconds (`TCP_KEEPIDLE`).
    public var idleSeconds = 30
    /// The time between two probes, in seconds (`TCP_KEEPINTVL`).
    public var intervalSeconds = 10
    /// So many probes without an answer end the connection (`TCP_KEEPCNT`).
    public var probes = 3
    /// What was sent must be acknowledged within so many milliseconds (`TCP_USER_TIMEOUT`).
    public var userTimeoutMilliseconds = 60_000

    /// Makes the default values: 30/10/3, and 60 s.
    public init() {}
}

extension ClientBootstrap {
    /// Turns keep-alive on for the connections of this bootstrap, and sets its times.
    public func keepAlive(_ times: KeepAliveTimes) -> Self {
        channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: times.idleSeconds)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: times.intervalSeconds)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: times.probes)
            .channelOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: times.userTimeoutMilliseconds)
    }
}
