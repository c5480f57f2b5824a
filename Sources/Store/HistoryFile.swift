internal import FoundationEssentials
internal import GRDB
import Glibc

/// An open database in the one process that writes it.
final class HistoryFile {
    /// How long a transaction waits for another process's lock. Readers never block it (WAL).
    private static let busySeconds = 0.25
    /// The write-ahead log is copied into the database at this many pages.
    private static let checkpointPages = 256

    let path: String
    private let queue: DatabaseQueue
    private let identity: FileIdentity

    /// Opens or creates a database, and migrates its tables to this version.
    init(path: String) throws(HistoryError) {
        try FileIdentity.checkRegular(path: path)
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(Self.busySeconds)
        configuration.label = "history"
        configuration.prepareDatabase { database in
            // A killed process loses nothing. A crash of the machine never damages the file, but may lose the last
            // moments. The kernel's tables, which those events describe, are lost then too.
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
        // The mode of its folder restricts access further.
        chmod(path, 0o640)
        guard let identity = FileIdentity(path: path) else { throw .missing(path: path) }
        self.path = path
        self.identity = identity
    }

    /// Whether the path still refers to this file. The file or its directory may have been removed, or another file
    /// system mounted over it.
    var isInPlace: Bool { FileIdentity(path: path) == identity }

    /// Writes all of it, or nothing.
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

    /// Renames a damaged database and the files that belong to it.
    ///
    /// - Parameter suffix: makes the name unique.
    /// - Returns: the new name; nil if it could not be renamed.
    static func moveAside(_ path: String, suffix: String) -> String? {
        let new = "\(path).damaged-\(suffix)"
        guard rename(path, new) == 0 else { return nil }
        for part in ["-wal", "-shm"] { rename(path + part, new + part) }
        return new
    }
}

/// Identifies a file, to distinguish it from a later one of the same name.
struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let number: UInt64

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// Refuses a path that exists and is not a regular file: opening a pipe waits for its other end.
    static func checkRegular(path: String) throws(HistoryError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw .failed(
            path: path, reason: "it is not a regular file: move it away, or set 'stateDirectory' to another directory")
    }
}
