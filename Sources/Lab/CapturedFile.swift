import Glibc

/// An unnamed file for the output of a program, readable at any time.
struct CapturedFile: ~Copyable, Sendable {
    let descriptor: Int32

    init() throws(LabError) {
        var template = Array("/tmp/sluice-lab.XXXXXX\0".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else {
            throw .file(path: "/tmp", reason: errorText(errno))
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_APPEND)
        unlink(template)
    }

    deinit {
        close(descriptor)
    }

    /// The text written so far. Bytes that are not UTF-8 are replaced.
    var text: String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
