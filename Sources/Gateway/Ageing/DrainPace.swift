/// How a drain goes.
package enum DrainProgress: Equatable, Sendable {
    /// There is none.
    case none
    /// There is something to do soon.
    case busy
    /// All is reset; tombstones are kept until the end.
    case waiting
}

/// How fast a drain resets sessions: evenly, and all of them in the first quarter of the reset half, so that the repetitions
/// (at a third and two thirds of it) find every session reset (DRAIN-2).
package struct DrainPace: Equatable, Sendable {
    /// Sessions that are reset at once at least.
    package static let batch = 128
    /// The part of the window in which all are reset: one in this many.
    static let part: UInt64 = 4

    let start: UInt64
    let spanNanoseconds: UInt64
    let total: Int

    /// - Parameters:
    ///   - start: CLOCK_MONOTONIC, nanoseconds.
    ///   - windowNanoseconds: how long the reset half lasts.
    ///   - total: sessions to reset.
    package init(start: UInt64, windowNanoseconds: UInt64, total: Int) {
        self.start = start
        spanNanoseconds = windowNanoseconds / Self.part
        self.total = total
    }

    /// How many sessions should have been reset by now; without limit once the time for it is over.
    package func due(now: UInt64) -> Int {
        let elapsed = now > start ? now - start : 0
        guard elapsed < spanNanoseconds else { return Int.max }
        return Int(Double(total) * Double(elapsed) / Double(spanNanoseconds)) + Self.batch
    }
}
