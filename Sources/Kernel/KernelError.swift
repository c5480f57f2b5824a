/// Errors between a process and the kernel: which object, what is wrong, what to do next.
package enum KernelError: Error, Equatable {
    /// A call to the operating system failed.
    case call(action: String, errorNumber: Int32, remedy: String?)
    /// The kernel refused the program or its maps; the log is libbpf's and the verifier's.
    case refused(action: String, errorNumber: Int32, log: String)
    /// The capacity is out of range.
    case capacityOutOfRange(asked: Int, maximum: Int)
    /// A datapath of this name is in the kernel already.
    case alreadyLoaded(gateway: String, path: String)
    /// No datapath of this name is in the kernel.
    case notLoaded(gateway: String, path: String)
    /// The datapath in the kernel was loaded by another version of sluice.
    case layoutMismatch(gateway: String, found: UInt32, expected: UInt32)
    /// Something in the kernel is not what this version of sluice expects.
    case damaged(gateway: String, what: String)
    /// The kernel program has no program of this name.
    case programMissing(name: String)
    /// There is no such interface in this network namespace.
    case interfaceMissing(name: String)
    /// The interface carries something that is not IP, with or without an Ethernet header.
    case interfaceUnsupported(name: String, hardwareType: Int)
    /// Another program judges this interface's packets.
    case interfaceTaken(interface: String, program: String, identifier: UInt32, holder: String)
    /// A program that sluice runs is not installed.
    case commandMissing(command: String, package: String)
    /// A program that sluice runs failed.
    case commandFailed(command: String, status: Int32, output: String)
    /// A program that sluice runs did not end in time, and was killed.
    case commandHung(command: String, seconds: Int)
    /// A name that cannot be used.
    case invalidName(what: String, name: String, reason: String)
}

extension KernelError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .call(let action, let errorNumber, let remedy):
            let cause = "\(action): \(SystemCall.message(errorNumber))"
            guard let remedy = remedy ?? Self.usualRemedy(errorNumber) else { return cause }
            return "\(cause): \(remedy)"
        case .refused(let action, let errorNumber, let log):
            let remedy = Self.usualRemedy(errorNumber).map { ": \($0)" } ?? ""
            let tail = log.split(separator: "\n").suffix(40).joined(separator: "\n")
            return "\(action): \(SystemCall.message(errorNumber))\(remedy)" + (tail.isEmpty ? "" : "\n\(tail)")
        case .capacityOutOfRange(let asked, let maximum):
            return "capacity.sessions is \(asked): it must be between 1 and \(maximum)"
        case .alreadyLoaded(let gateway, let path):
            return "gateway \(gateway) is in the kernel already (\(path)): "
                + "'sluice status --gateway \(gateway)' shows it, 'rm -r \(path)' removes it with all its sessions"
        case .notLoaded(let gateway, let path):
            return "gateway \(gateway) is not in the kernel (\(path) does not exist): start it with 'sluice run'"
        case .layoutMismatch(let gateway, let found, let expected):
            return "gateway \(gateway) in the kernel has memory layout \(found), this sluice has \(expected): use the "
                + "sluice that loaded it, or stop it and run this one; that ends every session of the gateway"
        case .damaged(let gateway, let what):
            return "gateway \(gateway) in the kernel is damaged: \(what): "
                + "stop it and run it again; that ends its sessions"
        case .programMissing(let name):
            return "the kernel program has no part named \(name): this sluice was built from incomplete sources"
        case .interfaceMissing(let name):
            return "interface \(name) does not exist in this network namespace: 'ip link' lists those that do"
        case .interfaceUnsupported(let name, let hardwareType):
            return "interface \(name) has hardware type \(hardwareType), neither Ethernet nor plain IP: "
                + "leave it out of the zones"
        case .interfaceTaken(let interface, let program, let identifier, let holder):
            return "interface \(interface) is taken: program \(program) (id \(identifier)) of \(holder) "
                + "judges its packets: stop it, or detach it with 'sluice release \(interface) --force'"
        case .commandMissing(let command, let package):
            return "'\(command)' is not installed: apt-get install \(package)"
        case .commandFailed(let command, let status, let output):
            return "'\(command)' failed with exit code \(status): \(output)"
        case .commandHung(let command, let seconds):
            return "'\(command)' did not end within \(seconds) s and was killed: run it manually to see why it hangs"
        case .invalidName(let what, let name, let reason):
            return "\(what) '\(name)' cannot be used: \(reason)"
        }
    }

    /// The remedy for an error that has one usual cause here.
    private static func usualRemedy(_ errorNumber: Int32) -> String? {
        switch errorNumber {
        case SystemCall.notPermitted, SystemCall.accessDenied:
            "run it as root; 'sluice doctor' lists the privileges needed"
        case SystemCall.noMemory: "lower capacity.sessions, or give this machine more memory"
        default: nil
        }
    }
}
