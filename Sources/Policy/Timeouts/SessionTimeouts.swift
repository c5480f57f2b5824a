package import FlowCore

/// How long sessions of each kind and state live without traffic, and how they end. All durations are nanoseconds.
package struct SessionTimeouts: Hashable, Sendable {
    /// Established TCP sessions with an end outside the internal prefixes.
    package var northSouth: UInt64
    /// Established TCP sessions with both ends inside.
    package var eastWest: UInt64
    package var northSouthOnIdle: OnIdle
    package var eastWestOnIdle: OnIdle
    /// A handshake that is not completed (SESS-2).
    package var halfOpen: UInt64
    /// A session with one FIN (SESS-2).
    package var closing: UInt64
    /// A session with both FINs acknowledged, or with a valid RST (SESS-2).
    package var closed: UInt64
    /// The tombstone of a session that the firewall has reset (RST-2).
    package var tombstone: UInt64
    /// SESS-7.
    package var udp: UInt64
    package var icmp: UInt64
    package var other: UInt64

    /// Idle timeout of established sessions of a class.
    package func idle(_ trafficClass: TrafficClass) -> UInt64 {
        trafficClass == .northSouth ? northSouth : eastWest
    }

    package func onIdle(_ trafficClass: TrafficClass) -> OnIdle {
        trafficClass == .northSouth ? northSouthOnIdle : eastWestOnIdle
    }

    /// The timeouts with every duration divided by `timeScale` (PROF-2), rounded up to whole nanoseconds.
    package func scaled(by timeScale: Double) -> SessionTimeouts {
        var scaled = self
        for duration in SessionTimeouts.durations {
            scaled[keyPath: duration] = SessionTimeouts.scale(self[keyPath: duration], by: timeScale)
        }
        return scaled
    }

    /// One duration divided by `timeScale`, rounded up to whole nanoseconds.
    package static func scale(_ nanoseconds: UInt64, by timeScale: Double) -> UInt64 {
        timeScale == 1 ? nanoseconds : UInt64((Double(nanoseconds) / timeScale).rounded(.up))
    }

    private static var durations: [WritableKeyPath<SessionTimeouts, UInt64>] {
        [\.northSouth, \.eastWest, \.halfOpen, \.closing, \.closed, \.tombstone, \.udp, \.icmp, \.other]
    }
}
