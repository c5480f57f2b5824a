import Foundation
import Glibc

/// A file system of its own, a few megabytes large, that can be filled: a tmpfs. Needs root.
final class SmallDisk {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path

    init(megabytes: Int) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    /// Leaves no byte free.
    func fill() throws {
        let descriptor = open("\(path)/ballast", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    func empty() { unlink("\(path)/ballast") }
}
