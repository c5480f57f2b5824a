import Glibc

/// Reads a whole file and detects a change during the read, so that a partly written policy is never applied.
enum SteadyFile {
    /// Reads a file of at most `limit` bytes.
    ///
    /// - Parameter whileReading: called after the first part is read; for tests.
    /// - Throws: if the file can't be read, is too large, or was changed during the read; the message says what to do.
    static func read(
        path: String, limit: Int, whileReading: () -> Void = {}
    ) throws(ConfigurationErrors) -> [UInt8] {
        func failure(_ message: String) -> ConfigurationErrors {
            ConfigurationErrors([ConfigurationError(file: path, key: "", message: message)])
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw failure("can't be read: \(cause()): check the path, or make the file readable")
        }
        defer { close(descriptor) }
        var before = stat()
        guard fstat(descriptor, &before) == 0, before.st_mode & S_IFMT == S_IFREG else {
            throw failure("is \(kind(before)), not a file: write the path of the file itself")
        }
        let size = Int(before.st_size)
        guard size <= limit else { throw failure("is larger than \(limit >> 20) MiB: split it") }
        var bytes = [UInt8](repeating: 0, count: size + 1)
        var count = 0
        while count < bytes.count {
            let part = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, min(buffer.count - count, 1 << 20))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw failure("can't be read: \(cause())") }
            if part == 0 { break }
            if count == 0 { whileReading() }
            count += part
        }
        var after = stat()
        var named = stat()
        guard fstat(descriptor, &after) == 0, stat(path, &named) == 0, count == size, isSame(before, after),
            isSame(before, named)
        else { throw failure("was changed while it was read: wait until it is written, and try again") }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func isSame(_ left: stat, _ right: stat) -> Bool {
        left.st_ino == right.st_ino && left.st_dev == right.st_dev && left.st_size == right.st_size
            && left.st_mtim.tv_sec == right.st_mtim.tv_sec && left.st_mtim.tv_nsec == right.st_mtim.tv_nsec
    }

    /// What a path that is not a regular file refers to, for messages.
    private static func kind(_ status: stat) -> String {
        switch status.st_mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    private static func cause() -> String { String(cString: strerror(errno)) }
}
