internal import Glibc

/// Why a file of the log can't be written, as a message for operators.
package struct FileFailure: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let errorNumber: Int32

    package init(_ path: String, errorNumber: Int32 = errno) {
        self.path = path
        self.errorNumber = errorNumber
    }

    package var description: String {
        let cause = "the flow log can't be written: \(path): \(String(cString: strerror(errorNumber)))"
        switch errorNumber {
        case ENOSPC, EDQUOT: return "\(cause): free some space there, or lower flowLog.retention.size"
        case EWOULDBLOCK: return "\(cause): another process holds its lock: 'fuser \(path)' names it"
        case ENOENT: return "\(cause): create the directory again, or mount it"
        case EACCES, EPERM, EROFS: return "\(cause): give root write permission there"
        default: return cause
        }
    }
}
