internal import Kernel

/// Why an instance process can't do its work.
package enum InstanceError: Error, CustomStringConvertible {
    case kernel(String)
    case system(SystemError)
    /// Another process serves as this instance.
    case taken(identifier: UInt16, processIdentifier: Int32?)
    /// The kernel's tables have no such instance.
    case identifierOutOfRange(UInt16, limit: Int)

    package var description: String {
        switch self {
        case .kernel(let message): return message
        case .system(let error): return "\(error)"
        case .taken(let identifier, let processIdentifier):
            let holder = processIdentifier.map { "process \($0)" } ?? "another process"
            return "\(holder) is instance \(identifier) already: end it first, or let the controller do so"
        case .identifierOutOfRange(let identifier, let limit):
            return "instance \(identifier) can't be: identifiers are 1 to \(limit)"
        }
    }
}
