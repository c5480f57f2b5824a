internal import CLibBPF
import Glibc

/// The mount namespace of the machine's first process, in which bpffs keeps the pins for everybody.
///
/// `ip netns exec` gives its command a mount namespace of its own with a fresh /sys, so that the pins are out of sight,
/// and what is pinned there is seen by nobody else.
package enum HostMountNamespace {
    /// Enters it if bpffs is not to be seen here. The working directory stays. Tells whether it entered.
    ///
    /// Call it first of all in `main`: the kernel refuses it to a process with more than one thread.
    @discardableResult
    package static func enterIfNeeded() throws(KernelError) -> Bool {
        guard !BPFFileSystem.isMounted, !isOurs else { return false }
        let remedy = "start sluice with 'nsenter --net=/run/netns/NAME' instead of 'ip netns exec'"
        let host = FileDescriptor(
            try SystemCall.check("opening the mount namespace of process 1", remedy: remedy) {
                open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC)
            })
        let directory = FileDescriptor(
            try SystemCall.check("opening the working directory") { open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
        let path = workingDirectory()
        try SystemCall.check("entering the mount namespace of process 1", remedy: remedy) {
            sluice_enter_mounts(host.number)
        }
        // By path, so that it is this namespace's; by descriptor, where the path leads elsewhere now.
        if let path, chdir(path) == 0, isSameFile(directory) { return true }
        try SystemCall.check("returning to the working directory") { fchdir(directory.number) }
        return true
    }

    private static var isOurs: Bool {
        var ours = stat()
        var first = stat()
        // Where process 1's cannot be looked at, there is none to enter.
        guard stat("/proc/self/ns/mnt", &ours) == 0, stat("/proc/1/ns/mnt", &first) == 0 else { return true }
        return ours.st_ino == first.st_ino && ours.st_dev == first.st_dev
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
