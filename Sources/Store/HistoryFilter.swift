/// Which events are meant. What is nil or empty is not asked; what is given must all hold.
package struct HistoryFilter: Equatable, Sendable {
    /// Nanoseconds since 1970; that moment belongs to it.
    package var since: UInt64?
    /// Any of these.
    package var kinds: [String] = []
    /// Any of these.
    package var subjects: [String] = []
    /// Only events that were written after the one with this id.
    package var after: Int64?

    package init(since: UInt64? = nil, kinds: [String] = [], subjects: [String] = [], after: Int64? = nil) {
        self.since = since
        self.kinds = kinds
        self.subjects = subjects
        self.after = after
    }
}
