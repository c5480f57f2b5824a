/// How many instances may serve: prescaling (SCALE-2).
package struct CapacityRange: Hashable, Sendable, Codable {
    package var minimum: Int
    package var maximum: Int

    package init(minimum: Int, maximum: Int) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// The documented default: 2 to 20.
    package static let standard = CapacityRange(minimum: 2, maximum: 20)

    /// The allowed values of each bound.
    package static let allowed = 2...50

    /// What is wrong with the range, with what to write instead; nil if it is valid.
    package var problem: String? {
        let allowed = CapacityRange.allowed
        for (name, value) in [("minimum", minimum), ("maximum", maximum)] where !allowed.contains(value) {
            return "the \(name) capacity \(value) is not within \(allowed.lowerBound) to \(allowed.upperBound)"
        }
        if minimum > maximum {
            return "the minimum capacity \(minimum) is greater than the maximum \(maximum): "
                + "write them the other way round"
        }
        if maximum - minimum == 1 {
            let hasRoom = maximum < allowed.upperBound
            let instead = hasRoom ? "\(minimum) and \(maximum + 1)" : "\(minimum - 1) and \(maximum)"
            return "capacities \(minimum) and \(maximum) are 1 apart: write them equal (a fixed size), "
                + "or more than 1 apart, like \(instead)"
        }
        return nil
    }

    /// The nearest number to `count` within the range.
    package func clamp(_ count: Int) -> Int { min(max(count, minimum), maximum) }
}
