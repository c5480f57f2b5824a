/// What repeated measurements say: the median, the quartiles, and the extremes.
struct Spread: Codable, Equatable {
    var median: Double
    var lowerQuartile: Double
    var upperQuartile: Double
    var least: Double
    var most: Double
    var rounds: Int
    /// Between these the median lies with a probability of 95 %, if the rounds don't depend on each other (order statistics; the
    /// binomial distribution as a normal one). Nil of fewer than ten, which can't tell.
    var medianInterval: Interval?

    struct Interval: Codable, Equatable {
        let lower: Double
        let upper: Double
    }

    /// Of at least one value.
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
