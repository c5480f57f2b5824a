/// What one row of the benchmark has found.
struct RowReport: Codable {
    /// One contender's figures.
    struct Figure: Codable {
        var contender: String
        var title: String
        /// The figure that counts: net of the sender's own cost where the row says so.
        var value: Spread
        /// By a clock, with all that happened meanwhile on the machine.
        var wallNanoseconds: Spread?
    }

    /// Two contenders' figures, or one figure, against a target.
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
        /// The median of the rounds' ratios: both sides of each were measured one after the other. Or the figure itself.
        let value: Spread
        /// None: for information.
        let target: Target?
        /// None where there is no target. Stored, so that it stands in the JSON.
        let isMet: Bool?
        /// Whether the same holds for all of the interval in which the median lies with 95 %. None where nothing is known about it.
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
    /// What the figures count: `ns CPU a packet`.
    var unit: String
    var figures: [Figure]
    var comparisons: [Comparison]
    /// What a reader must know.
    var remarks: [String] = []
}
