/// Something that happened to a gateway: one row of its history.
package struct HistoryEvent: Codable, Equatable, Sendable {
    /// Increasing, never reused; 0: not written yet.
    package var id: Int64
    /// Nanoseconds since 1970.
    package var time: UInt64
    /// What happened, one word of a fixed vocabulary: `instanceStarted`.
    package var kind: String
    /// What it is about: `gateway`, `instance 3`, `interface eth1`.
    package var subject: String
    /// The reason, for people; nil if there is none.
    package var cause: String?
    /// Counts and names that belong to the event.
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
