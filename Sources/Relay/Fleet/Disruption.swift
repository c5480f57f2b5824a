package import Fleet

/// A toxic of a whole proxy that takes its time: at most one at a time.
package enum Disruption: Sendable {
    case drain(DrainRun)
    case fleet(FleetRun)

    /// - Parameter drain: the halves of a drain of the proxy's profile.
    /// - Returns: nil for toxics that are no disruption, or are over at once (`reset_now`).
    package init?(_ toxic: Toxic, drain: DrainTimes, now: UInt64) {
        switch toxic.kind {
        case .drain: self = .drain(DrainRun(toxic, now: now))
        case .maintenance, .recovery: self = .fleet(FleetRun(toxic, drain: drain, now: now))
        default: return nil
        }
    }

    /// - Parameter live: how many connections an instance has; nil: the proxy.
    package mutating func advance(now: UInt64, live: (InstanceIdentifier?) -> Int) -> [DisruptionEffect] {
        switch self {
        case .drain(var run):
            defer { self = .drain(run) }
            return run.advance(now: now, live: live(nil))
        case .fleet(var run):
            defer { self = .fleet(run) }
            return run.advance(now: now, live: live)
        }
    }

    package func admission(hash: UInt64) -> RelayAdmission {
        switch self {
        case .drain(let run): run.admission()
        case .fleet(let run): run.admission(hash: hash)
        }
    }

    package var nextTimer: UInt64? {
        switch self {
        case .drain(let run): run.nextTimer
        case .fleet(let run): run.nextTimer
        }
    }
}
