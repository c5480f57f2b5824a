internal import GRDB
import Glibc

/// Why a history can't be read or written: for an operator.
package enum HistoryError: Error, Equatable, CustomStringConvertible {
    /// The file system has no room.
    case full(path: String)
    /// The directory is not there, or no more.
    case gone(directory: String)
    /// There is no file, or another one by now.
    case missing(path: String)
    /// It is no database, or a broken one.
    case damaged(path: String)
    /// A later version of Sluice has written it.
    case newer(path: String)
    /// Anything else that SQLite or the system says.
    case failed(path: String, reason: String)

    package var description: String {
        switch self {
        case .full(let path):
            "the history can't be written: \(path): no space is left: free some there, or set 'stateDirectory' to another place"
        case .gone(let directory):
            "the history can't be written: \(directory) is gone: make the directory again, or mount it"
        case .missing(let path):
            "there is no history at \(path): no gateway of this name has run here, or its 'stateDirectory' is another"
        case .damaged(let path):
            "the history \(path) is damaged: 'sluice run' moves it aside and begins a new one; "
                + "'sqlite3 \(path) .recover' reads what is left"
        case .newer(let path):
            "the history \(path) was written by a newer version of sluice: run that version, or move the file away to "
                + "begin a new history without the old events and the fleet's state"
        case .failed(let path, let reason):
            "the history \(path) can't be used: \(reason)"
        }
    }

    /// What an error of SQLite means for the database at `path`.
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
            self = .failed(path: path, reason: "it can't be written: let root write there")
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
