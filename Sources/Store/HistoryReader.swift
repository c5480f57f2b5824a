internal import GRDB
import Glibc

/// Reads a history that another process may be writing, without blocking it.
package struct HistoryReader: Sendable {
    /// Maximum events of one read.
    package static let maximumEvents = 1_000_000

    package let path: String
    private let queue: DatabaseQueue
    private let identity: FileIdentity?

    /// Whether the path still refers to the database that was opened.
    package var isInPlace: Bool { FileIdentity(path: path) == identity }

    package init(path: String) throws(HistoryError) {
        self.path = path
        guard access(path, F_OK) == 0 else { throw .missing(path: path) }
        try FileIdentity.checkRegular(path: path)
        identity = FileIdentity(path: path)
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(1)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { try HistorySchema.check($0, path: path) }
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    /// The newest events that match the filter, oldest first; with ``HistoryFilter/after`` the first ones after it.
    package func events(
        _ filter: HistoryFilter = HistoryFilter(), limit: Int = maximumEvents
    ) throws(HistoryError) -> [HistoryEvent] {
        try perform { try HistoryRows.events(filter, limit: min(max(limit, 0), Self.maximumEvents), in: $0) }
    }

    /// The id of the last event; 0 if there is none.
    package func lastIdentifier() throws(HistoryError) -> Int64 { try perform(HistoryRows.lastIdentifier) }

    /// The stored value of a key; nil if there is none, or if it has another type.
    package func state<Value: Decodable>(_ key: String, as type: Value.Type) throws(HistoryError) -> Value? {
        try perform { try HistoryRows.state(key, in: $0) }.flatMap { StateChange.decode(type, from: $0) }
    }

    /// Copies a consistent state of the database, even while it is written, into a new file without a log beside it.
    package func copy(to path: String) throws(HistoryError) {
        do {
            var configuration = Configuration()
            configuration.label = "copy"
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            try queue.backup(to: copy)
            // The copy inherits the original's mode, with a log. A single file needs none.
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        } catch {
            throw HistoryError(error, path: self.path)
        }
    }

    private func perform<Result>(_ body: (Database) throws -> Result) throws(HistoryError) -> Result {
        do { return try queue.read(body) } catch { throw HistoryError(error, path: path) }
    }
}
