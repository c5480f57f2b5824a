import FlowLog
package import Store

/// An event of a gateway's history, as commands show it.
package struct EventView: Codable, Equatable, Sendable {
    package let id: Int64
    /// RFC 3339, UTC.
    package let time: String
    package let kind: String
    package let subject: String
    package let cause: String?
    /// Counts and names that belong to the event.
    package let detail: [String: HistoryValue]

    package init(_ event: HistoryEvent) {
        id = event.id
        time = WallTime(nanoseconds: event.time).text
        kind = event.kind
        subject = event.subject
        cause = event.cause
        detail = event.detail
    }
}
