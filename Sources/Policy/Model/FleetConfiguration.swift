/// How many instances there may be, and the capacity of each (SCALE-2, SCALE-3).
package struct FleetConfiguration: Hashable, Sendable {
    /// The fleet is never smaller, except while failed instances are replaced.
    package var minCapacity: Int
    package var maxCapacity: Int
    /// Capacity of one instance: bits per second.
    package var throughputBitsPerSecond: UInt64
    /// Capacity of one instance: sessions.
    package var sessions: Int
    /// How long the load must be low before an instance leaves (SCALE-1): nanoseconds, as written, not scaled.
    package var unscaledCoolDown: UInt64
    /// How long an instance may fail to respond before it counts as unresponsive (RECOV-1): nanoseconds. Never scaled,
    /// because a time scale does not make processes faster.
    package var recoveryAfter: UInt64

    package init(
        minCapacity: Int = 2, maxCapacity: Int = 20, throughputBitsPerSecond: UInt64 = 1_500_000_000,
        sessions: Int = 131_072, unscaledCoolDown: UInt64 = 5 * .minute, recoveryAfter: UInt64 = 5 * .second
    ) {
        self.minCapacity = minCapacity
        self.maxCapacity = maxCapacity
        self.throughputBitsPerSecond = throughputBitsPerSecond
        self.sessions = sessions
        self.unscaledCoolDown = unscaledCoolDown
        self.recoveryAfter = recoveryAfter
    }

    /// Whether two bounds are allowed together (SCALE-2): equal (a fixed size), or more than 1 apart.
    package static func areBounds(min: Int, max: Int) -> Bool { max == min || max > min + 1 }

    /// Why two bounds are not allowed, with what to write instead; nil if they are.
    package static func mistake(min: Int, max: Int) -> String? {
        let range = ConfigurationLimits.instances
        for (name, value) in [("minCapacity", min), ("maxCapacity", max)] where !range.contains(value) {
            return "\(name) \(value) is not a whole number from \(range.lowerBound) to \(range.upperBound)"
        }
        if min > max {
            return "minCapacity \(min) is greater than maxCapacity \(max): write them the other way round"
        }
        guard areBounds(min: min, max: max) else {
            let remedy = max < range.upperBound ? "\(min) and \(max + 1)" : "\(min - 1) and \(max)"
            return
                "minCapacity \(min) and maxCapacity \(max) are 1 apart: write them equal (a fixed size), or more than 1 "
                + "apart, like \(remedy)"
        }
        return nil
    }
}
