import Glibc

/// Reads and writes small files whole.
enum FileStore {
    /// The largest file that is read. A configuration in force can be large: it contains the files that it names.
    static let maximumBytes = 1 << 27

    /// - Returns: nil if there is no such file.
    static func read(_ path: String) throws(SystemError) -> [UInt8]? {
        // Opening a pipe must not wait for its other end.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemError("opening \(path)")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("reading \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            throw SystemError("reading \(path)", errorNumber: isDirectory ? EISDIR : EINVAL)
        }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("reading \(path)") }
            if count == 0 { return result }
            guard result.count + count <= maximumBytes else { throw SystemError("reading \(path)", errorNumber: EFBIG) }
            result += buffer[..<count]
        }
    }

    /// Replaces a file. A reader sees the old content or the new one, never a part, also after a crash.
    ///
    /// - Parameter mode: the file's mode; the mode of its directory restricts access further.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o640) throws(SystemError) {
        let temporary = "\(path).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("writing \(temporary)") }
        do throws(SystemError) {
            defer { close(descriptor) }
            try write(bytes, to: descriptor, path: temporary)
            guard fsync(descriptor) == 0 else { throw SystemError("writing \(temporary)") }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let errorNumber = errno
            unlink(temporary)
            throw SystemError("writing \(path)", errorNumber: errorNumber)
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SystemError("writing \(path)") }
            done += count
        }
    }
}
