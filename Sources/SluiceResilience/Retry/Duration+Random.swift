extension Duration {
    /// Draws evenly from 0 to this time, both included, in whole nanoseconds.
    static func random(upTo ceiling: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(Int64.random(in: 0...ceiling.wholeNanoseconds, using: &generator))
    }

    /// Draws evenly from `(1 - spread) * self` to `(1 + spread) * self`, in whole nanoseconds.
    func jittered(by spread: Double, using generator: inout some RandomNumberGenerator) -> Duration {
        let side = (self * spread).wholeNanoseconds
        return .nanoseconds(wholeNanoseconds - side + Int64.random(in: 0...2 * side, using: &generator))
    }

    /// From 0 to 73 years, so that four times as much does not overflow.
    private var wholeNanoseconds: Int64 { Int64(max(0, min(self / .nanoseconds(1), 2.3e18))) }
}
