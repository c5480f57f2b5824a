import Glibc

/// Why sockets can't be read or changed: which object, what is wrong, what to do next.
package enum SocketError: Error, Hashable, Sendable {
    /// The user lacks the privilege.
    case notPrivileged(action: String)
    /// The kernel has no type information, by which the program finds its structs.
    case kernelWithoutTypes
    /// The kernel has no iterator over TCP sockets, or refuses the program.
    case programRefused(errorNumber: Int32, log: String)
    /// There is no network namespace of this name.
    case noNamespace(name: String)
    /// The process does not exist, or has ended.
    case noProcess(identifier: Int32)
    /// A network namespace that this user may not enter.
    case namespaceClosed(name: String)
    /// A path that is not a cgroup2 directory.
    case notACgroup(path: String)
    /// The host has no cgroup2 hierarchy.
    case noUnifiedCgroups
    /// The cgroup has a guard already.
    case guardExists(path: String)
    /// The cgroup has no guard.
    case noGuard(path: String)
    /// A call failed.
    case call(action: String, errorNumber: Int32)

    /// What is wrong.
    package var what: String {
        switch self {
        case .notPrivileged(let action): "\(action) needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"
        case .kernelWithoutTypes: "the kernel has no type information (/sys/kernel/btf/vmlinux does not exist)"
        case .programRefused(let errorNumber, let log):
            "the kernel refuses the socket program: \(Self.text(errorNumber))"
                + (log.isEmpty ? "" : "\n" + log.split(separator: "\n").suffix(20).joined(separator: "\n"))
        case .noNamespace(let name): "there is no network namespace '\(name)'"
        case .noProcess(let identifier): "there is no process \(identifier), or it has just ended"
        case .namespaceClosed(let name): "network namespace \(name) can't be entered: that needs CAP_SYS_ADMIN"
        case .notACgroup(let path): "'\(path)' is not a directory of the cgroup2 hierarchy"
        case .noUnifiedCgroups: "this host has no cgroup2 hierarchy, only cgroup v1, where a guard can't be attached"
        case .guardExists(let path): "cgroup \(path) has a guard already"
        case .noGuard(let path): "cgroup \(path) has no guard"
        case .call(let action, let errorNumber): "\(action): \(Self.text(errorNumber))"
        }
    }

    /// What to run or write next.
    package var next: String {
        switch self {
        case .notPrivileged: "run it as root"
        case .kernelWithoutTypes:
            "use a kernel with CONFIG_DEBUG_INFO_BTF=y, as Debian's have; 'ss -tno' shows timers meanwhile"
        case .programRefused: "use Linux 6.1 or later with CONFIG_BPF_SYSCALL; 'ss -tno' shows timers meanwhile"
        case .noNamespace: "name one that 'ip netns list' shows, or a process of it with --pid"
        case .noProcess: "give the identifier of a running process: 'ps -e' lists them"
        case .namespaceClosed: "run it as root"
        case .notACgroup:
            "give a path below the mount point of cgroup2, for example /sys/fs/cgroup/system.slice/app.service"
        case .noUnifiedCgroups:
            "mount -t cgroup2 none /sys/fs/cgroup/unified, or boot with systemd.unified_cgroup_hierarchy=1"
        case .guardExists: "remove it first: sluice socket guard remove --cgroup PATH"
        case .noGuard: "sluice socket guard list"
        case .call: "run it as root; 'sluice doctor' checks the kernel"
        }
    }

    static func text(_ errorNumber: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, strerror_r(errorNumber, start, buffer.count) == 0 else {
                return "error \(errorNumber)"
            }
            return String(cString: start)
        }
    }

    /// The error for a failed load or attachment of the socket program.
    ///
    /// - Parameter hasTypes: whether /sys/kernel/btf/vmlinux exists.
    static func loading(action: String, errorNumber: Int32, log: String, hasTypes: Bool) -> SocketError {
        if errorNumber == EPERM || errorNumber == EACCES { return .notPrivileged(action: action) }
        return hasTypes ? .programRefused(errorNumber: errorNumber, log: log) : .kernelWithoutTypes
    }
}
