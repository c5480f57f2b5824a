extension Duration {
    /// Draws evenly from 0 to `ceiling`, both included, in whole nanoseconds. At most 292 years.
    static func random(upTo ceiling: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        let nanoseconds = ceiling / .nanoseconds(1)
        return .nanoseconds(Int64.random(in: 0...Int64(max(0, min(nanoseconds, 9.2e18))), using: &generator))
    }

    /// Draws evenly from `(1 - spread) * self` to `(1 + spread) * self`.
    func jittered(by spread: Double, using generator: inout some RandomNumberGenerator) -> Duration {
        self * (1 - spread) + .random(upTo: self * (2 * spread), using: &generator)
    }
}
