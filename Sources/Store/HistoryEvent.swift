/// Something that happened to a gateway: one row of its history.
package struct HistoryEvent: Codable, Equatable, Sendable {
    /// In the order of writing, never given twice; 0: not written yet.
    package var id: Int64
    /// Nanoseconds since 1970.
    package var time: UInt64
    /// What happened, one word of a fixed vocabulary: `instanceStarted`.
    package var kind: String
    /// What it happened to: `gateway`, `instance 3`, `interface eth1`.
    package var subject: String
    /// Why, for people; nil: there is no more to say.
    package var cause: String?
    /// Counts and names that go with it.
    package var detail: [String: HistoryValue]

    package init(
        id: Int64 = 0, time: UInt64, kind: String, subject: String, cause: String? = nil,
        detail: [String: HistoryValue] = [:]
    ) {
        self.id = id
        self.time = time
        self.kind = kind
        self.subject = subject
        self.cause = cause
        self.detail = detail
    }
}
