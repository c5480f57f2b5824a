internal import GRDB
import Glibc

/// Why a history can't be read or written, as a message for operators.
package enum HistoryError: Error, Equatable, CustomStringConvertible {
    /// The file system is full.
    case full(path: String)
    /// The directory does not exist, or no longer.
    case gone(directory: String)
    /// There is no file, or it was replaced by another one.
    case missing(path: String)
    /// It is not a database, or a damaged one.
    case damaged(path: String)
    /// A later version of Sluice has written it.
    case newer(path: String)
    /// Any other error of SQLite or the system.
    case failed(path: String, reason: String)

    package var description: String {
        switch self {
        case .full(let path):
            "the history can't be written: \(path): no space is left: free some there, or set 'stateDirectory' to another directory"
        case .gone(let directory):
            "the history can't be written: \(directory) is missing: create the directory again, or mount it"
        case .missing(let path):
            "there is no history at \(path): no gateway of this name has run here, or it has another 'stateDirectory'"
        case .damaged(let path):
            "the history \(path) is damaged: 'sluice run' renames it and creates a new one; "
                + "'sqlite3 \(path) .recover' reads what is left"
        case .newer(let path):
            "the history \(path) was written by a newer version of sluice: run that version, or move the file away to "
                + "begin a new history without the old events and the fleet's state"
        case .failed(let path, let reason):
            "the history \(path) can't be used: \(reason)"
        }
    }

    /// Classifies an error of SQLite for the database at `path`.
    init(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else {
            self = (error as? HistoryError) ?? .failed(path: path, reason: "\(error)")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path)
        case .SQLITE_IOERR where Self.hasNoRoom(path): self = .full(path: path)
        case .SQLITE_CANTOPEN where Self.hasNoRoom(path): self = .full(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self = .failed(path: path, reason: "another process has locked it: 'fuser \(path)' names it")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self = .failed(path: path, reason: "it can't be written: give root write permission there")
        default:
            self = .failed(path: path, reason: error.message ?? "\(error.resultCode)")
        }
    }

    private static func hasNoRoom(_ path: String) -> Bool {
        var status = statvfs()
        var folder = path
        if let slash = path.lastIndex(of: "/") { folder = String(path[..<slash]) }
        return statvfs(folder, &status) == 0 && status.f_blocks > 0 && status.f_bavail == 0
    }
}
