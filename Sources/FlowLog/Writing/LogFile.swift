import Glibc

/// A file of the log that can be parsed at any moment: new pieces overwrite the tail, and a new tail follows them, in
/// one call. The next writer repairs what a crash has torn (LOG-4).
///
/// Several processes write to the same file, and a thread that waited for a slow disk may continue late. So each append
/// takes the file's lock and first finds the current end of the file.
final class LogFile {
    /// How much of a file's end is read when it is opened. More is read only if it contains no complete piece.
    private static let repairWindowBytes = 8 << 20

    let path: String
    private let shape: FileShape
    private let descriptor: Int32
    /// The end of the last piece.
    private var end: Int
    private var isEmpty: Bool

    /// Opens or creates a file, and creates the folders below `directory`. The directory itself is never created: if it
    /// is missing, it may be a file system that was unmounted.
    init(directory: String, path relativePath: String) throws(FileFailure) {
        path = "\(directory)/\(relativePath)"
        shape = FileShape.of(path: path)
        var folder = directory
        guard access(directory, F_OK) == 0 else { throw FileFailure(directory) }
        for part in relativePath.split(separator: "/").dropLast() {
            folder += "/\(part)"
            guard mkdir(folder, 0o750) == 0 || errno == EEXIST else { throw FileFailure(folder) }
        }
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw FileFailure(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FileFailure(path, errorNumber: EINVAL)
        }
        (end, isEmpty) = (0, true)
        do throws(FileFailure) {
            try FileLock.holding(descriptor, path: path) { () throws(FileFailure) in try repair() }
        } catch {
            // A throwing initializer runs no deinit.
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Whether the path still refers to this file. The file or its directory may have been removed.
    var isInPlace: Bool {
        var own = stat()
        var found = stat()
        return fstat(descriptor, &own) == 0 && stat(path, &found) == 0 && own.st_ino == found.st_ino
            && own.st_dev == found.st_dev
    }

    /// Appends all of the pieces, or none if it throws.
    func append(_ pieces: [[UInt8]]) throws(FileFailure) {
        guard !pieces.isEmpty else { return }
        try FileLock.holding(descriptor, path: path) { () throws(FileFailure) in
            // Removal takes no lock. If the file was removed, nobody could read what is written here.
            guard isInPlace else { throw FileFailure(path, errorNumber: ENOENT) }
            try findEnd()
            try appendAtEnd(pieces)
        }
        // Data that has reached the disk survives a crash of the machine too.
        guard fdatasync(descriptor) == 0 else { throw FileFailure(path) }
    }

    /// Other processes may have written since, and one may have died in the middle of a write.
    private func findEnd() throws(FileFailure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(path) }
        let size = Int(status.st_size)
        let tailStart = size - shape.tail.count
        // A torn write does not end with a tail, because no piece contains a line feed.
        guard tailStart >= shape.head.count, try read(tailStart..<size) == shape.tail else { return try repair() }
        (end, isEmpty) = (tailStart, tailStart == shape.head.count)
    }

    private func appendAtEnd(_ pieces: [[UInt8]]) throws(FileFailure) {
        var bytes: [UInt8] = []
        for (index, piece) in pieces.enumerated() {
            if index > 0 || !isEmpty { bytes += shape.separator }
            bytes += piece
        }
        let newEnd = end + bytes.count
        try write(bytes + shape.tail)
        (end, isEmpty) = (newEnd, false)
    }

    /// Writes from the end of the last piece on. If that fails, the file is as before.
    private func write(_ bytes: [UInt8]) throws(FileFailure) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done, off_t(end + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let failure = FileFailure(path)
                putTailBack()
                throw failure
            }
            done += count
        }
    }

    /// Restores the tail. Its space belonged to the file before, so this works even on a full disk.
    private func putTailBack() {
        _ = shape.tail.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(end)) }
        _ = ftruncate(descriptor, off_t(end + shape.tail.count))
    }

    /// Finds the last complete piece, and ends the file after it.
    private func repair() throws(FileFailure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(path) }
        let size = Int(status.st_size)
        let head = try read(0..<min(size, shape.head.count))
        if head != shape.head {
            // The file is new, or was torn within its first second.
            guard ftruncate(descriptor, 0) == 0 else { throw FileFailure(path) }
            end = 0
            isEmpty = true
            try writeHead()
            return
        }
        var found: Int?
        var start = max(shape.head.count, size - Self.repairWindowBytes)
        while true {
            var bytes = try read(start..<size)[...]
            // Not at the beginning of a line: skip to the next one.
            if start > shape.head.count { bytes = bytes.drop { $0 != UInt8(ascii: "\n") }.dropFirst() }
            found = shape.endOfLastPiece(bytes).map { start + $0 }
            if found != nil || start == shape.head.count { break }
            start = shape.head.count
        }
        end = found ?? shape.head.count
        isEmpty = found == nil
        if found == nil && shape.head.isEmpty {
            guard ftruncate(descriptor, 0) == 0 else { throw FileFailure(path) }
            return
        }
        if size == end + shape.tail.count {
            let tail = try read(end..<size)
            if tail == shape.tail { return }
        }
        try write(shape.tail)
        guard ftruncate(descriptor, off_t(end + shape.tail.count)) == 0 else { throw FileFailure(path) }
    }

    private func writeHead() throws(FileFailure) {
        guard !shape.head.isEmpty else { return }
        do throws(FileFailure) {
            try write(shape.head + shape.tail)
        } catch {
            _ = ftruncate(descriptor, 0)
            throw error
        }
        end = shape.head.count
    }

    private func read(_ range: Range<Int>) throws(FileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(range.lowerBound + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure(path) }
            if count == 0 { break }
            done += count
        }
        return Array(bytes[..<done])
    }
}
