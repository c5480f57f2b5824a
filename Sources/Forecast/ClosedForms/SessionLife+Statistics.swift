package import Simulation

/// Means over the lengths of sessions.
extension SessionLife {
    /// The probability that a session which is open at some moment is still open `seconds` later: the integral of its
    /// survival function from there on, divided by the mean.
    package func staysOpen(_ seconds: Double) -> Double {
        switch self {
        case .persistent: return 1
        case .exponential(let mean): return Mathematics.exponential(-seconds / mean)
        case .fixed(let length): return max(length - seconds, 0) / length
        case .sampled(let lengths):
            let total = lengths.reduce(0, +)
            let left = lengths.reduce(0.0) { $0 + max($1 - seconds, 0) }
            return total > 0 ? left / total : 0
        }
    }

    /// The probability that a session is disrupted before it ends: the mean of 1 - exp(-hL) over its lengths L.
    ///
    /// - Parameter hazard: disruptions per second, h.
    package func disrupted(hazard: Double) -> Double? {
        switch self {
        case .persistent: return nil
        case .exponential(let mean): return hazard * mean / (1 + hazard * mean)
        case .fixed(let length): return 1 - Mathematics.exponential(-hazard * length)
        case .sampled(let lengths):
            let surviving: Double = lengths.reduce(0) { $0 + Mathematics.exponential(-hazard * $1) }
            return 1 - surviving / Double(lengths.count)
        }
    }
}
