/// A session, as commands show it and programs read it (SESS-10). The property names are those of the JSON.
package struct SessionView: Codable, Equatable, Sendable {
    package struct Endpoint: Codable, Equatable, Sendable {
        package var address: String
        /// For ICMP echo: the identifier. 0 for protocols without ports.
        package var port: UInt16
    }

    /// A count for each direction.
    package struct PerDirection: Codable, Equatable, Sendable {
        package var toDestination: UInt64
        package var toSource: UInt64
    }

    /// The position of an end in its sequence space (RFC 9293, 3.3.1).
    package struct Position: Codable, Equatable, Sendable {
        /// SND.NXT as seen from the middle: the end of the highest segment forwarded from this end.
        package var sequenceEnd: UInt32
        /// RCV.NXT as this end last reported it: its last acknowledgment.
        package var acknowledged: UInt32
    }

    package struct Positions: Codable, Equatable, Sendable {
        package var originator: Position
        package var responder: Position
    }

    /// What was seen of an end's keep-alive: how long the session had been idle before its last probe.
    package struct Interval: Codable, Equatable, Sendable {
        package var leastSeconds: Double
        /// Nil: no limit.
        package var mostSeconds: Double?
    }

    /// Keep-alive probes of the ends; nil: none was seen.
    package struct KeepAlives: Codable, Equatable, Sendable {
        package var source: Interval?
        package var destination: Interval?
    }

    package struct Zones: Codable, Equatable, Sendable {
        package var source: String
        package var destination: String
    }

    /// See ``SessionIdentifier``.
    package var id: String
    package var `protocol`: String
    package var source: Endpoint
    package var destination: Endpoint
    package var direction: String
    package var trafficClass: String
    package var state: String
    /// The rule that allowed it, by name.
    package var rule: String
    /// The rule of the last network security group that allowed it; `none` if no group was evaluated.
    package var groupRule: String
    package var instance: UInt16
    package var ageSeconds: Double
    package var idleSeconds: Double
    package var packets: PerDirection
    package var bytes: PerDirection
    /// How long it may be idle in its state.
    package var idleTimeoutSeconds: Double
    /// What happens after that time.
    package var onIdle: String
    /// How long it may stay idle from now on until that happens.
    package var timeLeftSeconds: Double
    /// Whether the idle timeout may end it although it still has users: established TCP, idle for more than half of its
    /// timeout, and no keep-alive was seen that is frequent enough (RISK-4).
    package var atRisk: Bool
    package var keepAlive: KeepAlives
    /// Index into the table of treatments.
    package var treatment: UInt16
    /// How often the slot was used before, modulo 65,536.
    package var generation: UInt16
    /// Its ends sign their segments (TCP-MD5, TCP-AO) and accept no others, so the firewall can't reset them.
    package var tcpAuthentication: Bool
    /// Why it ended, if it is ending; else `none`.
    package var endReason: String
    package var positions: Positions
    package var zones: Zones
}
