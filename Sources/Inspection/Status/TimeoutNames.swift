package import Policy

/// The durations of a profile by the names that the configuration and the status use.
package enum TimeoutNames {
    package static func timeouts(
        configured: SessionTimeouts, effective: SessionTimeouts
    ) -> [String: GatewayStatus.Timeout] {
        let durations: [(String, KeyPath<SessionTimeouts, UInt64>)] = [
            ("northSouthIdle", \.northSouth), ("eastWestIdle", \.eastWest), ("halfOpen", \.halfOpen),
            ("closing", \.closing), ("closed", \.closed), ("tombstone", \.tombstone), ("udp", \.udp), ("icmp", \.icmp),
            ("other", \.other),
        ]
        return Dictionary(
            uniqueKeysWithValues: durations.map { name, duration in
                let timeout = GatewayStatus.Timeout(
                    configuredSeconds: seconds(configured[keyPath: duration]),
                    effectiveSeconds: seconds(effective[keyPath: duration]))
                return (name, timeout)
            })
    }

    /// Rounded to milliseconds.
    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000_000) / 1000 }
}
