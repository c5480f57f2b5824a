import Simulation

/// How long an application is without its session after a disruption, in seconds.
package struct Outage: Sendable {
    package var settings: ForecastSettings

    package init(_ settings: ForecastSettings) { self.settings = settings }

    /// How long an application's writes are repeated before its system gives up, at the default tcp_retries2 of 15
    /// (RFC 9293, 3.8.3; measured: 924.6 s).
    package static let retransmissionSeconds = 924.6
    /// A session that nobody misses: half of a month on average.
    package static let neverSeconds = MonthPlan.seconds / 2

    /// Until an end notices that the session is gone: at once by a RST, else by its keep-alive, else by the repetitions of
    /// what it sends next, else never (nil).
    package func notice(isSilent: Bool) -> Double? {
        guard isSilent else { return 0 }
        switch settings.keepAlive {
        case .tcp(let idle, let interval, let count): return idle + interval * Double(count)
        case .application(let period): return period / 2 + Outage.retransmissionSeconds
        case .off: break
        }
        switch settings.gaps {
        case .endless: return nil
        case .exponential(let mean): return mean + Outage.retransmissionSeconds
        case .sampled(let gaps):
            // The gap at hand is a long one with a larger probability: half of the mean square over the mean is left.
            let sum = gaps.reduce(0, +)
            return (sum > 0 ? gaps.reduce(0) { $0 + $1 * $1 } / (2 * sum) : 0) + Outage.retransmissionSeconds
        }
    }

    /// From noticing to the new session.
    package func reconnect(isSilent: Bool) -> Double {
        switch settings.retry {
        case .firewallReset: isSilent ? Outage.meanWait(attempts: 1) : 0
        case .none: settings.restart
        }
    }

    /// The mean of the work that is done again: a disruption hits anywhere in a transaction.
    package var redo: Double { settings.redo / 2 }

    /// The mean time without a session after a disruption.
    package func absence(isSilent: Bool) -> Double {
        (notice(isSilent: isSilent) ?? Outage.neverSeconds) + reconnect(isSilent: isSilent)
    }

    /// The mean outage of a disruption: the absence, and the work that is done again.
    package func mean(isSilent: Bool) -> Double { absence(isSilent: isSilent) + redo }

    /// The mean sum of the waits before `attempts` attempts with full jitter: half of min(10 s, 100 ms * 2^i) each. The
    /// cap is applied before the jitter, so that clients at the cap do not retry in step.
    package static func meanWait(attempts: Int, base: Double = 0.1, cap: Double = 10) -> Double {
        (0..<attempts).reduce(0) { $0 + min(cap, base * Mathematics.power(2, $1)) / 2 }
    }
}
