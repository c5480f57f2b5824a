/// How long an application's sessions live if nobody disrupts them. The next session begins when one ends.
package enum SessionLife: Hashable, Sendable {
    /// They never end by themselves.
    case persistent
    /// Exponentially distributed, with this mean in seconds.
    case exponential(mean: Double)
    /// Every session lives this many seconds.
    case fixed(Double)
    /// One of these lengths in seconds, each with the same probability. Not empty.
    case sampled([Double])

    /// The mean length, in seconds; nil: they do not end.
    package var mean: Double? {
        switch self {
        case .persistent: nil
        case .exponential(let mean): mean
        case .fixed(let length): length
        case .sampled(let lengths): lengths.reduce(0, +) / Double(lengths.count)
        }
    }

    /// The length of a session, in seconds; nil: it does not end.
    func draw(using random: inout SeededRandom) -> Double? {
        switch self {
        case .persistent: nil
        case .exponential(let mean): random.exponential(mean: mean)
        case .fixed(let length): length
        case .sampled(let lengths): lengths[Int(random.next() % UInt64(lengths.count))]
        }
    }
}
