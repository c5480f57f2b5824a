/// Statistics of repeated measurements: the median, the quartiles, and the extremes.
struct Spread: Codable, Equatable {
    var median: Double
    var lowerQuartile: Double
    var upperQuartile: Double
    var least: Double
    var most: Double
    var rounds: Int
    /// The interval that contains the median with a probability of 95 %, if the rounds are independent (order
    /// statistics; the binomial distribution approximated by a normal one). Nil for fewer than ten values, which are
    /// too few.
    var medianInterval: Interval?

    struct Interval: Codable, Equatable {
        let lower: Double
        let upper: Double
    }

    /// Requires at least one value.
    init(_ values: [Double]) {
        precondition(!values.isEmpty, "a spread of nothing")
        let sorted = values.sorted()
        median = Self.quantile(sorted, 0.5)
        lowerQuartile = Self.quantile(sorted, 0.25)
        upperQuartile = Self.quantile(sorted, 0.75)
        least = sorted[0]
        most = sorted[sorted.count - 1]
        rounds = sorted.count
        if rounds >= 10 {
            let rank = Int(((Double(rounds) - 1.96 * Double(rounds).squareRoot()) / 2).rounded())
            medianInterval = Interval(lower: sorted[rank - 1], upper: sorted[rounds - rank])
        }
    }

    /// Interpolates between the two nearest ranks.
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let position = share * Double(sorted.count - 1)
        let lower = Int(position)
        let upper = min(lower + 1, sorted.count - 1)
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (position - Double(lower))
    }
}
