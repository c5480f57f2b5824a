import FlowCore
import FlowLayout

/// The limits of the histograms of how long sessions lived, and were idle: those of the profiles' timeouts among them.
package enum DurationBuckets {
    /// Upper limits, inclusive; one more bucket has none.
    package static let seconds: [UInt64] = [1, 10, 60, 240, 300, 900, 3600, 14_400, 86_400]

    private static let ticks = seconds.map { $0 * 1_000_000_000 / Tick.nanoseconds }

    /// The bucket of a duration: 0 ... `SLUICE_DURATION_BUCKETS`.
    package static func index(ticks duration: UInt64) -> Int {
        ticks.firstIndex { duration <= $0 } ?? Int(SLUICE_DURATION_BUCKETS)
    }
}
