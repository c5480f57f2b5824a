import Inspection
import Store

/// Events for people and for programs.
enum EventRendering {
    static func table(_ events: [EventView]) -> TextTable {
        var table = TextTable([.left("TIME"), .left("EVENT"), .left("SUBJECT"), .left("WHY AND WHAT", folds: true)])
        for event in events { table.add([time(event.time), event.kind, event.subject, story(event)]) }
        return table
    }

    /// `2026-03-01T12:00:00.123Z  instanceKilled        instance 3    it did not answer; process 4711`, with columns of fixed
    /// width, because more lines follow.
    static func line(_ event: EventView) -> String {
        "\(time(event.time))  \(padded(event.kind, 21))  \(padded(event.subject, 14))  \(story(event))"
    }

    /// One JSON object on a line.
    static func jsonLine(_ event: EventView) throws -> String { try JSONText.line(event) }

    /// Cause and details on one line.
    private static func story(_ event: EventView) -> String {
        let cause = event.cause.map { $0.split(separator: "\n").joined(separator: "; ") }
        let details = event.detail.sorted { $0.key < $1.key }.map { "\($0.key) \(text($0.value))" }
        return ([cause].compactMap { $0 } + (details.isEmpty ? [] : [details.joined(separator: ", ")]))
            .joined(separator: "; ")
    }

    private static func text(_ value: HistoryValue) -> String {
        switch value {
        case .null: "none"
        case .boolean(let value): value ? "yes" : "no"
        case .integer(let value): value < 0 ? "\(value)" : HumanText.count(UInt64(value))
        case .number(let value): HumanText.decimal(value, places: 3)
        case .text(let value): value
        case .list(let values): "[\(values.map(text).joined(separator: ", "))]"
        case .object(let values):
            "(\(values.sorted { $0.key < $1.key }.map { "\($0.key) \(text($0.value))" }.joined(separator: ", ")))"
        }
    }

    /// Milliseconds are enough for people.
    static func time(_ text: String) -> String {
        guard let dot = text.firstIndex(of: "."), text.hasSuffix("Z") else { return text }
        return text[..<dot] + text[dot...].prefix(4) + "Z"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
