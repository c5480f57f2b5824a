/// The result of one row of the benchmark.
struct RowReport: Codable {
    /// One contender's figures.
    struct Figure: Codable {
        var contender: String
        var title: String
        /// The main figure: without the sender's own cost, if the row says so.
        var value: Spread
        /// Wall clock time, including everything else on the machine.
        var wallNanoseconds: Spread?
    }

    /// Two contenders' figures, or one figure, compared with a target.
    struct Comparison: Codable {
        struct Target: Codable {
            enum Sense: String, Codable { case atMost, atLeast }

            let sense: Sense
            let limit: Double

            static func atMost(_ limit: Double) -> Target { Target(sense: .atMost, limit: limit) }
            static func atLeast(_ limit: Double) -> Target { Target(sense: .atLeast, limit: limit) }

            func isMet(by value: Double) -> Bool {
                switch sense {
                case .atMost: value <= limit
                case .atLeast: value >= limit
                }
            }
        }

        let what: String
        /// The median of the rounds' ratios (both figures of a ratio were measured one after the other), or the figure
        /// itself.
        let value: Spread
        /// Nil: for information only.
        let target: Target?
        /// Nil if there is no target. Stored, so that it is part of the JSON.
        let isMet: Bool?
        /// Whether the same holds for the whole 95 % interval of the median. Nil if the interval is not known.
        let isCertain: Bool?

        init(what: String, value: Spread, target: Target?) {
            self.what = what
            self.value = value
            self.target = target
            isMet = target?.isMet(by: value.median)
            if let target, let interval = value.medianInterval {
                isCertain = target.isMet(by: interval.lower) == target.isMet(by: interval.upper)
            } else {
                isCertain = nil
            }
        }
    }

    /// Its name on the command line.
    var name: String
    var title: String
    /// The unit of the figures: `ns CPU a packet`.
    var unit: String
    var figures: [Figure]
    var comparisons: [Comparison]
    /// Notes for readers.
    var remarks: [String] = []
}
