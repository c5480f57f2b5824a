import Glibc

/// Errors of system calls, as this module throws them.
package enum SystemCall {
    static let notPermitted: Int32 = EPERM
    static let accessDenied: Int32 = EACCES
    static let noMemory: Int32 = ENOMEM

    /// The system's text for an error number.
    static func message(_ errorNumber: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, strerror_r(errorNumber, start, buffer.count) == 0 else {
                return "error \(errorNumber)"
            }
            return String(cString: start)
        }
    }

    /// The result of a call that returns a negative number and sets errno when it fails. The call is repeated if a
    /// signal interrupts it.
    @discardableResult
    static func check<Result: SignedInteger>(
        _ action: @autoclosure () -> String, remedy: String? = nil, _ call: () -> Result
    ) throws(KernelError) -> Result {
        while true {
            let result = call()
            if result >= 0 { return result }
            let errorNumber = errno
            if errorNumber == EINTR { continue }
            throw .call(action: action(), errorNumber: errorNumber, remedy: remedy)
        }
    }
}

/// A file descriptor that is closed with its owner.
package final class FileDescriptor: Sendable {
    package let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// A C struct in memory in which every byte is zero at first, padding included. libbpf and the kernel refuse arguments
/// with data in bytes that they do not know, and a Swift value's padding may contain old data.
///
/// Set fields through the pointer. Never assign the whole struct.
func withZeroed<Argument, Result>(
    _ type: Argument.Type, _ body: (UnsafeMutablePointer<Argument>) -> Result
) -> Result {
    withUnsafeTemporaryAllocation(of: Argument.self, capacity: 1) { buffer in
        guard let pointer = buffer.baseAddress else { preconditionFailure("no memory for \(type)") }
        memset(pointer, 0, MemoryLayout<Argument>.stride)
        return body(pointer)
    }
}
