/// How much of a gateway's history is kept.
package struct HistoryLimits: Equatable, Sendable {
    /// Events on the disk; the oldest go first.
    package var events = 100_000
    /// How old an event gets: 400 days, so that a year can be compared with the year before.
    package var ageNanoseconds: UInt64 = 400 * 86_400 * 1_000_000_000
    /// Events that wait in memory for a disk that can't be written; the oldest are dropped first, and counted.
    package var waitingEvents = 4096

    package init() {}
}
