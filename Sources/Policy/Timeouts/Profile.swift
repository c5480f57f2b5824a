import FlowCore

/// One version of the documented behaviour (PROF-1).
package enum Profile: String, Sendable, CaseIterable {
    /// The newest: 2026.
    case azure = "azure"
    case azure2025 = "azure-2025"
    case azure2022 = "azure-2022"
    case custom = "custom"

    /// The timeouts of a configuration that sets none.
    package var defaults: SessionTimeouts {
        SessionTimeouts(
            northSouth: 4 * .minute, eastWest: self == .azure2022 ? 4 * .minute : 5 * .minute,
            northSouthOnIdle: .reset, eastWestOnIdle: self == .azure2022 ? .reset : .silent,
            halfOpen: 30 * .second, closing: 120 * .second, closed: 10 * .second, tombstone: 10 * .second,
            udp: 4 * .minute, icmp: 30 * .second, other: 4 * .minute)
    }

    /// The allowed range of `northSouthIdleTimeout`, in nanoseconds.
    package var northSouthRange: ClosedRange<UInt64> {
        switch self {
        case .azure, .azure2025: 4 * .minute...15 * .minute
        case .azure2022: 4 * .minute...30 * .minute
        case .custom: Profile.customRange
        }
    }

    /// Whether `eastWestIdleTimeout` always equals `northSouthIdleTimeout`, as before E-W traffic had its own timeout.
    package var eastWestFollowsNorthSouth: Bool { self == .azure2022 }

    /// Whether the other durations, the resets and the drain can be set.
    package var isCustom: Bool { self == .custom }

    /// The allowed range of a settable duration: 1 s to 7 days.
    package static let customRange: ClosedRange<UInt64> = 1 * .second...7 * .day

    /// How an instance leaves the fleet, unless the configuration of ``custom`` overrides it.
    package var drain: DrainSettings {
        switch self {
        case .azure, .custom: DrainSettings(refuse: 45 * .second, reset: 45 * .second)
        case .azure2025, .azure2022: DrainSettings(refuse: 90 * .second, reset: 0)
        }
    }
}

/// How long a draining instance refuses new sessions, and then how long it resets its own; in nanoseconds. If `reset`
/// is 0, its sessions are dropped without a reset.
package struct DrainSettings: Hashable, Sendable {
    package var refuse: UInt64
    package var reset: UInt64
}

extension UInt64 {
    /// Nanoseconds of a unit of time.
    static var second: UInt64 { 1_000_000_000 }
    static var minute: UInt64 { 60 * second }
    static var hour: UInt64 { 60 * minute }
    static var day: UInt64 { 24 * hour }
}
