/// How a drain goes.
package enum DrainProgress: Equatable, Sendable {
    /// There is none.
    case none
    /// There is something to do soon.
    case busy
    /// All is reset; tombstones are kept until the end.
    case waiting
}

/// How fast a drain resets sessions: evenly over the time that it is given. `DrainMachine` gives 10 s of the 45 s of the reset half, so
/// that the repetitions (at a third and two thirds of it) find every session reset (DRAIN-2).
package struct DrainPace: Equatable, Sendable {
    /// Sessions that are reset at once at least.
    package static let batch = 128
    let start: UInt64
    let spanNanoseconds: UInt64
    let total: Int

    /// - Parameters:
    ///   - start: CLOCK_MONOTONIC, nanoseconds.
    ///   - windowNanoseconds: in how long all are to be reset.
    ///   - total: sessions to reset.
    package init(start: UInt64, windowNanoseconds: UInt64, total: Int) {
        self.start = start
        spanNanoseconds = windowNanoseconds
        self.total = total
    }

    /// How many sessions should have been reset by now; without limit once the time for it is over.
    package func due(now: UInt64) -> Int {
        let elapsed = now > start ? now - start : 0
        guard elapsed < spanNanoseconds else { return Int.max }
        return Int(Double(total) * Double(elapsed) / Double(spanNanoseconds)) + Self.batch
    }
}
