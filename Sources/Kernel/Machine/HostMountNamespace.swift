internal import CLibBPF
import Glibc

/// The mount namespace in which bpffs has the pins for all processes: usually that of the machine's first process.
///
/// `ip netns exec` gives its command a separate mount namespace with a new /sys. The pins are not visible there, and
/// pins that are created there are not visible to others.
package enum HostMountNamespace {
    /// Enters it if bpffs is not visible here. The working directory does not change. Returns whether it entered.
    ///
    /// Call it first in `main`: the kernel refuses it to a process with more than one thread. Without the privilege, or
    /// if there is no such namespace, it does nothing: the code that needs the pins then reports the error.
    @discardableResult
    package static func enterIfNeeded() throws(KernelError) -> Bool {
        guard !BPFFileSystem.isMounted, let process = processToJoin() else { return false }
        let remedy = "start sluice with 'nsenter --net=/run/netns/NAME' instead of 'ip netns exec'"
        let host = FileDescriptor(
            try SystemCall.check("opening the mount namespace of process \(process)", remedy: remedy) {
                open("/proc/\(process)/ns/mnt", O_RDONLY | O_CLOEXEC)
            })
        let directory = FileDescriptor(
            try SystemCall.check("opening the working directory") { open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        let path = workingDirectory()
        try SystemCall.check("entering the mount namespace of process \(process)", remedy: remedy) {
            sluice_enter_mounts(host.number)
        }
        // By path, so that it belongs to this namespace; by descriptor if the path now leads to another directory.
        if let path, chdir(path) == 0, isSameFile(directory) { return true }
        try SystemCall.check("returning to the working directory") { fchdir(directory.number) }
        return true
    }

    /// Process 1. If the kernel does not permit access to it: the nearest ancestor that sees bpffs, such as the shell
    /// in which `ip netns exec` was typed.
    private static func processToJoin() -> pid_t? {
        if let first = namespace(of: 1) { return first == namespace(of: getpid()) ? nil : 1 }
        var ancestor = getppid()
        while ancestor > 1 {
            if BPFFileSystem.isMounted(below: "/proc/\(ancestor)/root") { return ancestor }
            ancestor = parent(of: ancestor) ?? 0
        }
        return nil
    }

    /// The kernel's number of a process's mount namespace.
    private static func namespace(of process: pid_t) -> ino_t? {
        var status = stat()
        return stat("/proc/\(process)/ns/mnt", &status) == 0 ? status.st_ino : nil
    }

    private static func parent(of process: pid_t) -> pid_t? {
        let status = TextFile.read("/proc/\(process)/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line.flatMap { pid_t($0.dropFirst("PPid:\t".count)) }
    }

    private static func workingDirectory() -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress, getcwd(start, buffer.count) != nil else { return nil }
            return String(cString: start)
        }
    }

    private static func isSameFile(_ directory: FileDescriptor) -> Bool {
        var here = stat()
        var before = stat()
        guard stat(".", &here) == 0, fstat(directory.number, &before) == 0 else { return false }
        return here.st_ino == before.st_ino && here.st_dev == before.st_dev
    }
}
