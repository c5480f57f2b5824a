internal import FoundationEssentials
import Glibc

/// Reads files in directories where others may create files. Pipes are refused, because opening one waits for its other
/// end, possibly forever.
enum RegularFile {
    private static let pieceBytes = 1 << 16

    /// The content from an offset on, at most `limit` bytes; nil if the file does not exist, can't be read, or is not a
    /// regular file.
    static func read(_ path: String, from start: Int = 0, atMost limit: Int = .max) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: pieceBytes)
        while data.count < limit {
            let count = pread(descriptor, &buffer, min(buffer.count, limit - data.count), start + data.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            data.append(contentsOf: buffer[..<count])
        }
        return data
    }
}
