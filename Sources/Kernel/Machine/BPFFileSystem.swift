internal import CLibBPF
import Glibc

/// The file system in which the kernel's maps and programs have names, so that they outlive the processes.
package enum BPFFileSystem {
    package static let path = "/sys/fs/bpf"
    /// BPF_FS_MAGIC of linux/magic.h.
    private static let magic = 0xCAFE_4A11

    /// Whether it is mounted where this process looks for it.
    package static var isMounted: Bool { isMounted(below: "") }

    /// Whether it is mounted at its usual path below another root.
    static func isMounted(below root: String) -> Bool {
        var status = statfs()
        return statfs(root + path, &status) == 0 && UInt32(truncatingIfNeeded: status.f_type) == UInt32(magic)
    }

    /// What to do if this process can't mount it: that needs CAP_SYS_ADMIN.
    static let mountRemedy = "as root, 'mount -t bpf bpf \(path)'"

    /// Mounts it if it is not. Call ``HostMountNamespace/enterIfNeeded()`` first, so that every process finds the same one.
    package static func ensureMounted() throws(KernelError) {
        if isMounted { return }
        try SystemCall.check("mounting bpffs on \(path)", remedy: mountRemedy) {
            mount("bpf", path, "bpf", 0, "mode=0700")
        }
    }
}
