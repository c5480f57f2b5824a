internal import CLibBPF
import Glibc

/// The file system in which the kernel's maps and programs have names, so that they outlive the processes.
package enum BPFFileSystem {
    package static let path = "/sys/fs/bpf"
    /// BPF_FS_MAGIC of linux/magic.h.
    private static let magic = 0xCAFE_4A11

    /// Whether it is mounted where this process looks for it.
    package static var isMounted: Bool { isMounted(below: "") }

    /// Whether it is mounted where it belongs in another view of the files.
    static func isMounted(below root: String) -> Bool {
        var status = statfs()
        return statfs(root + path, &status) == 0 && UInt32(truncatingIfNeeded: status.f_type) == UInt32(magic)
    }

    /// Mounts it if it is not. Call ``HostMountNamespace/enterIfNeeded()`` first, so that every process finds the same one.
    package static func ensureMounted() throws(KernelError) {
        if isMounted { return }
        let remedy = "mount it by hand with 'mount -t bpf bpf \(path)'"
        try SystemCall.check("mounting bpffs on \(path)", remedy: remedy) { mount("bpf", path, "bpf", 0, "mode=0700") }
    }
}
