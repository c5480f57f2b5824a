/// A mean of a simulation, with its standard error.
package struct Estimate: Hashable, Sendable, Codable {
    package var mean: Double
    package var standardError: Double

    package init(mean: Double, standardError: Double) {
        self.mean = mean
        self.standardError = standardError
    }

    /// The mean over independent values.
    package init(of values: [Double]) {
        let count = Double(max(values.count, 1))
        mean = values.reduce(0, +) / count
        let mean = mean
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
        standardError = Mathematics.squareRoot(variance / count)
    }

    /// Of the sum of independent ones.
    package static func + (left: Estimate, right: Estimate) -> Estimate {
        Estimate(
            mean: left.mean + right.mean,
            standardError: Mathematics.squareRoot(
                left.standardError * left.standardError + right.standardError * right.standardError))
    }

    package static func * (estimate: Estimate, factor: Double) -> Estimate {
        Estimate(mean: estimate.mean * factor, standardError: estimate.standardError * factor)
    }
}
