/// How many instances there may be, and what each is good for (SCALE-2, SCALE-3).
package struct FleetConfiguration: Hashable, Sendable {
    /// The fleet never falls under this, but for failures that are being mended.
    package var minCapacity: Int
    package var maxCapacity: Int
    /// What one instance is good for: bits a second.
    package var throughputBitsPerSecond: UInt64
    /// What one instance is good for: sessions.
    package var sessions: Int
    /// How long little must be asked of the fleet before an instance leaves (SCALE-1): nanoseconds, as written, not scaled.
    package var unscaledCoolDown: UInt64
    /// How long an instance may be silent before it counts as unresponsive (RECOV-1): nanoseconds. Never scaled: it is about
    /// processes, which are as slow as they are whatever the profile's clock says.
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

    /// Whether both bounds go together (SCALE-2): equal, which fixes the size, or more than 1 apart.
    package static func areBounds(min: Int, max: Int) -> Bool { max == min || max > min + 1 }

    /// Why two bounds can't be, with what to write instead; nil where they can.
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
