internal import FoundationEssentials
internal import GRDB

/// Events and state as rows.
enum HistoryRows {
    static func insert(_ event: HistoryEvent, into database: Database) throws {
        try database.execute(
            sql: "INSERT INTO events (time, kind, subject, cause, detail) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                Int64(clamping: event.time), event.kind, event.subject, event.cause, try text(event.detail),
            ])
    }

    static func apply(_ change: StateChange, to database: Database) throws {
        if let json = change.json {
            try database.execute(
                sql: "INSERT INTO state (key, json) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET json = excluded.json",
                arguments: [change.key, json])
        } else {
            try database.execute(sql: "DELETE FROM state WHERE key = ?", arguments: [change.key])
        }
    }

    static func state(_ key: String, in database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT json FROM state WHERE key = ?", arguments: [key])
    }

    /// The newest events that match, oldest first; with ``HistoryFilter/after`` the first ones after it.
    static func events(_ filter: HistoryFilter, limit: Int, in database: Database) throws -> [HistoryEvent] {
        var conditions: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        if let since = filter.since {
            conditions.append("time >= ?")
            arguments.append(Int64(clamping: since))
        }
        for (column, values) in [("kind", filter.kinds), ("subject", filter.subjects)] where !values.isEmpty {
            conditions.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))")
            arguments += values
        }
        if let after = filter.after {
            conditions.append("id > ?")
            arguments.append(after)
        }
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT id, time, kind, subject, cause, detail FROM events \(condition)"
                + "ORDER BY id \(filter.after == nil ? "DESC" : "ASC") LIMIT ?",
            arguments: StatementArguments(arguments + [limit]))
        let events = rows.map(event)
        return filter.after == nil ? events.reversed() : events
    }

    static func lastIdentifier(in database: Database) throws -> Int64 {
        try Int64.fetchOne(database, sql: "SELECT max(id) FROM events") ?? 0
    }

    /// Removes events that are too old or too many.
    static func expire(before time: UInt64, keeping count: Int, in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM events WHERE time < ?1
                    OR id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?2)
                """, arguments: [Int64(clamping: time), count])
    }

    private static func event(_ row: Row) -> HistoryEvent {
        let detail: String = row["detail"]
        let time: Int64 = row["time"]
        return HistoryEvent(
            id: row["id"], time: UInt64(clamping: time), kind: row["kind"], subject: row["subject"],
            cause: row["cause"],
            detail: (try? JSONDecoder().decode([String: HistoryValue].self, from: Data(detail.utf8))) ?? [:])
    }

    private static func text(_ detail: [String: HistoryValue]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(detail), as: UTF8.self)
    }
}
