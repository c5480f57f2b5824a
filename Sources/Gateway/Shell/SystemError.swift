import Glibc

/// A call to the operating system that failed: what was tried, why it failed, what to do.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let action: String
    package let errorNumber: Int32
    package let remedy: String?

    /// - Parameter errorNumber: the default is `errno`.
    package init(_ action: String, errorNumber: Int32 = errno, remedy: String? = nil) {
        self.action = action
        self.errorNumber = errorNumber
        self.remedy = remedy
    }

    package var description: String {
        let cause = "\(action): \(String(cString: strerror(errorNumber)))"
        if let remedy { return "\(cause): \(remedy)" }
        switch errorNumber {
        case EPERM, EACCES: return "\(cause): run it as root"
        case ENOSPC: return "\(cause): free some space there"
        default: return cause
        }
    }
}
