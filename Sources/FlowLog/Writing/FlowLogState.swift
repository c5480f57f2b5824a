/// How the writing goes: what `sluice status` shows.
package struct FlowLogState: Codable, Equatable, Sendable {
    /// What is wrong at the moment, and what to do.
    package var problem: String?
    /// Entries that are in files.
    package var written: UInt64 = 0
    /// Since the start, all together.
    package var omitted = Omissions()

    package init() {}
}
