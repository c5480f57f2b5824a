import Glibc

/// A separate file system of some megabytes, which a test can fill: a tmpfs. Needs root.
package final class SmallDisk {
    private let directory = TemporaryDirectory()

    package var path: String { directory.path }

    package init(megabytes: Int) throws {
        guard mount("tmpfs", directory.path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw Failure(errorNumber: errno)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    package struct Failure: Error {
        /// The value of errno.
        package let errorNumber: Int32
    }

    /// Leaves no byte free.
    package func fill() {
        let descriptor = open("\(path)/ballast", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    package func empty() { unlink("\(path)/ballast") }
}
