/// How the writing goes: what `sluice status` shows.
package struct FlowLogState: Codable, Equatable, Sendable {
    /// What is wrong at the moment, and what to do.
    package var problem: String?
    /// Entries that are in files.
    package var written: UInt64 = 0
    /// Since when something waits to be written that could not be, in nanoseconds since 1970; nil: nothing does.
    package var waitingSince: UInt64?
    /// Since the start, all together.
    package var omitted = Omissions()

    package init() {}

    /// How long the oldest entry waits that could not be written; 0: none does.
    ///
    /// - Parameter now: nanoseconds since 1970.
    package func lagSeconds(now: UInt64) -> Double {
        guard let waitingSince, now > waitingSince else { return 0 }
        return Double((now - waitingSince) / 1_000_000) / 1000
    }
}
