package import FlowCore

/// Whether a firewall of the profile would cut the socket's session (RISK-1).
package enum SocketVerdict: String, Sendable, CaseIterable {
    /// Keep-alive is fast enough, or no session can be cut.
    case safe
    /// When the session is idle, it is cut.
    case atRisk
    /// A probe comes in time, but not three: with some loss the session is cut.
    case slowProbe
    /// Not visible to this user.
    case unknown

    /// Whether it needs attention.
    package var isRisk: Bool { self == .atRisk || self == .slowProbe }
}

/// Why the verdict is what it is.
package enum SocketReason: String, Sendable, CaseIterable {
    case keepAliveOff
    /// The first probe comes after the timeout.
    case firstProbeTooLate
    /// The first probe comes in time, but the third does not.
    case repeatedProbesTooLate
    case keepAliveFast
    /// Another end of this host: no firewall is in between.
    case local
    /// It listens, so it has no session.
    case listens
    /// A handshake, or both ends have closed: it ends by itself.
    case ending
    case notVisible

    /// For people.
    package var text: String {
        switch self {
        case .keepAliveOff: "keep-alive is off"
        case .firstProbeTooLate: "the first probe comes after the timeout"
        case .repeatedProbesTooLate: "if two probes are lost, the third comes after the timeout"
        case .keepAliveFast: "three probes come before the timeout"
        case .local: "the other end is on this host"
        case .listens: "it listens"
        case .ending: "it begins or ends, and does so by itself"
        case .notVisible: "its keep-alive is not visible to this user"
        }
    }
}

/// The verdict for one socket, with what it is based on.
package struct SocketJudgement: Hashable, Sendable {
    package var verdict: SocketVerdict
    package var reason: SocketReason
    package var trafficClass: TrafficClass
    /// The idle timeout that applies, in seconds; nil: none, as there is no session.
    package var timeoutSeconds: Double?
    /// When a session that stays idle would be cut, in seconds from now; 0: the timeout is over. nil: it would not, or
    /// it is unknown.
    package var cutInSeconds: Double?
}
