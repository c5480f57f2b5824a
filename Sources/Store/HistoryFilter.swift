/// Selects events. A nil or empty field matches everything; all other fields must match.
package struct HistoryFilter: Equatable, Sendable {
    /// Nanoseconds since 1970, inclusive.
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
