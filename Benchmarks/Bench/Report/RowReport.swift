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
        enum Target: Codable {
            case atMost(Double)
            case atLeast(Double)

            func isMet(by value: Double) -> Bool {
                switch self {
                case .atMost(let limit): value <= limit
                case .atLeast(let limit): value >= limit
                }
            }
        }

        var what: String
        /// The median of the rounds' ratios: both sides of each were measured one after the other. Or the figure itself.
        var value: Spread
        /// None: for information.
        var target: Target?

        var isMet: Bool? { target.map { $0.isMet(by: value.median) } }
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
