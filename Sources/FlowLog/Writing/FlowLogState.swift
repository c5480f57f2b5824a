/// The state of the writing, as `sluice status` shows it.
package struct FlowLogState: Codable, Equatable, Sendable {
    /// The current problem, and what to do about it.
    package var problem: String?
    /// Entries that were written to files.
    package var written: UInt64 = 0
    /// Since when entries wait because they could not be written, in nanoseconds since 1970; nil if none wait.
    package var waitingSince: UInt64?
    /// Total since the start.
    package var omitted = Omissions()

    package init() {}

    /// The age of the oldest entry that could not be written; 0 if there is none.
    ///
    /// - Parameter now: nanoseconds since 1970.
    package func lagSeconds(now: UInt64) -> Double {
        guard let waitingSince, now > waitingSince else { return 0 }
        return Double((now - waitingSince) / 1_000_000) / 1000
    }
}
