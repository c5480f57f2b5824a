/// The times without traffic of an application, between two of its packets.
package enum TrafficGaps: Hashable, Sendable {
    /// The application never sends anything. Only keep-alives cross the firewall.
    case endless
    /// Exponentially distributed, with this mean in seconds.
    case exponential(mean: Double)
    /// One of these lengths in seconds, each with the same probability. Not empty.
    case sampled([Double])

    /// The length of a gap, in seconds; nil: it does not end.
    func draw(using random: inout SeededRandom) -> Double? {
        switch self {
        case .endless: nil
        case .exponential(let mean): random.exponential(mean: mean)
        case .sampled(let gaps): gaps[Int(random.next() % UInt64(gaps.count))]
        }
    }
}
