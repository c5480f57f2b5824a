/// How much of a gateway's history is kept.
package struct HistoryLimits: Equatable, Sendable {
    /// Maximum events on the disk; the oldest are removed first.
    package var events = 100_000
    /// Maximum age of an event: 400 days, so that a year can be compared with the previous one.
    package var ageNanoseconds: UInt64 = 400 * 86_400 * 1_000_000_000
    /// Maximum events that wait in memory because the disk can't be written. The oldest are dropped first, and counted.
    package var waitingEvents = 4096

    package init() {}
}
