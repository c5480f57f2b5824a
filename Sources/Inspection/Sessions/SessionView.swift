/// A session as commands show it and programs read it (SESS-10). The property names are the JSON's.
package struct SessionView: Codable, Equatable, Sendable {
    package struct Endpoint: Codable, Equatable, Sendable {
        package var address: String
        /// ICMP echo: the identifier. Protocols without ports: 0.
        package var port: UInt16
    }

    /// A tally for each direction.
    package struct PerDirection: Codable, Equatable, Sendable {
        package var toDestination: UInt64
        package var toSource: UInt64
    }

    /// Where an end is in its sequence space (RFC 9293, 3.3.1).
    package struct Position: Codable, Equatable, Sendable {
        /// SND.NXT as seen from the middle: the end of the highest segment forwarded from this end.
        package var sequenceEnd: UInt32
        /// RCV.NXT as this end last told it: its last acknowledgment.
        package var acknowledged: UInt32
    }

    package struct Positions: Codable, Equatable, Sendable {
        package var originator: Position
        package var responder: Position
    }

    package struct Zones: Codable, Equatable, Sendable {
        package var source: String
        package var destination: String
    }

    /// ``SessionIdentifier``.
    package var id: String
    package var `protocol`: String
    package var source: Endpoint
    package var destination: Endpoint
    package var direction: String
    package var trafficClass: String
    package var state: String
    /// The rule that allowed it, by name.
    package var rule: String
    /// The rule of the last network security group that allowed it; `none`: no group was asked.
    package var groupRule: String
    package var instance: UInt16
    package var ageSeconds: Double
    package var idleSeconds: Double
    package var packets: PerDirection
    package var bytes: PerDirection
    /// How long it may rest in its state.
    package var idleTimeoutSeconds: Double
    /// What happens when that time has passed.
    package var onIdle: String
    /// Index into the table of treatments.
    package var treatment: UInt16
    /// How often the slot was used before, modulo 65,536.
    package var generation: UInt16
    /// Its ends sign their segments (TCP-MD5, TCP-AO) and take nobody else's, so that the firewall can't reset them.
    package var tcpAuthentication: Bool
    /// Why it ended, for a session that is on its way out; else `none`.
    package var endReason: String
    package var positions: Positions
    package var zones: Zones
}
