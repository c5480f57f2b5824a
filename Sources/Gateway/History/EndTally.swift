/// Tells ends of sessions to the history once an hour, by reason: a row for each would be what flow logs are for. Pure.
struct EndTally: Equatable {
    static let intervalNanoseconds: UInt64 = 3_600_000_000_000

    /// What has been told, or was there before.
    private var told: [String: UInt64]
    private var nextAt: UInt64

    /// - Parameters:
    ///   - counts: so far.
    ///   - now: nanoseconds since 1970.
    init(counts: [String: UInt64], now: UInt64) {
        told = counts
        nextAt = now + Self.intervalNanoseconds
    }

    func isDue(now: UInt64) -> Bool { now >= nextAt }

    /// - Returns: what has come since the last time; reasons without any are left out.
    mutating func take(_ counts: [String: UInt64], now: UInt64) -> [String: UInt64] {
        let new = counts.reduce(into: [String: UInt64]()) { new, entry in
            let before = told[entry.key] ?? 0
            if entry.value > before { new[entry.key] = entry.value - before }
        }
        told = counts
        nextAt = now + Self.intervalNanoseconds
        return new
    }
}
