internal import FoundationEssentials
internal import GRDB
import Glibc

/// An open database, as the one process that writes it has it.
final class HistoryFile {
    /// How long a transaction waits for another process's lock; readers never hold one up (WAL).
    private static let busySeconds = 0.25
    /// The write-ahead log is copied into the database at this many pages.
    private static let checkpointPages = 256

    let path: String
    private let queue: DatabaseQueue
    private let identity: FileIdentity

    /// Opens a database, or makes it, and brings its tables to this version.
    init(path: String) throws(HistoryError) {
        try FileIdentity.checkRegular(path: path)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(Self.busySeconds)
        configuration.label = "history"
        configuration.prepareDatabase { database in
            // A killed process loses nothing, and a machine that stops never breaks the file: it may lose the last moments,
            // and with them the kernel's tables, which is what they were about.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.checkpointPages)")
            try database.execute(sql: "PRAGMA journal_size_limit = \(1 << 20)")
        }
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.write { database in
                try HistorySchema.check(database, path: path)
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                guard verdict == "ok" else { throw HistoryError.damaged(path: path) }
            }
            try HistorySchema.migrator.migrate(queue)
        } catch {
            throw HistoryError(error, path: path)
        }
        // Its folder says who comes that far.
        chmod(path, 0o640)
        guard let identity = FileIdentity(path: path) else { throw .missing(path: path) }
        self.path = path
        self.identity = identity
    }

    /// Whether the path still leads to this file: it may have been removed, or its directory, or something been mounted over it.
    var isInPlace: Bool { FileIdentity(path: path) == identity }

    /// All of it, or nothing.
    func write(_ events: [HistoryEvent], _ changes: [StateChange]) throws(HistoryError) {
        try perform { queue in
            try queue.write { database in
                for event in events { try HistoryRows.insert(event, into: database) }
                for change in changes { try HistoryRows.apply(change, to: database) }
            }
        }
    }

    func expire(before time: UInt64, keeping count: Int) throws(HistoryError) {
        try perform { queue in
            try queue.write { try HistoryRows.expire(before: time, keeping: count, in: $0) }
        }
    }

    func state(_ key: String) throws(HistoryError) -> String? {
        try perform { queue in try queue.read { try HistoryRows.state(key, in: $0) } }
    }

    private func perform<Result>(_ body: (DatabaseQueue) throws -> Result) throws(HistoryError) -> Result {
        do { return try body(queue) } catch { throw HistoryError(error, path: path) }
    }

    /// Gives a broken database, and what belongs to it, another name.
    ///
    /// - Parameter suffix: makes the name unique.
    /// - Returns: the new name; nil: it could not be moved.
    static func moveAside(_ path: String, suffix: String) -> String? {
        let new = "\(path).damaged-\(suffix)"
        guard rename(path, new) == 0 else { return nil }
        for part in ["-wal", "-shm"] { rename(path + part, new + part) }
        return new
    }
}

/// A file, told apart from a later one of the same name.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let number: UInt64

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// Refuses what is there and is no regular file: whoever opens a pipe waits for its other end.
    static func checkRegular(path: String) throws(HistoryError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw .failed(
            path: path, reason: "it is no regular file: move it away, or set 'stateDirectory' to another place")
    }
}
