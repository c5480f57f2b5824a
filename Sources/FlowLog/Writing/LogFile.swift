import Glibc

/// A file of the log that can be parsed at any moment: new pieces are written over its tail, and a new tail with them, in
/// one call. What a crash tears is repaired by whoever writes next (LOG-4).
///
/// Several processes write the same file, and a thread that a disk holds up may come back late: each append has the file's
/// lock, and looks first where the file ends by now.
final class LogFile {
    /// Of a file's end that is looked at when it is opened; more only where that holds no whole piece.
    private static let repairWindowBytes = 8 << 20

    let path: String
    private let shape: FileShape
    private let descriptor: Int32
    /// Where the last piece ends.
    private var end: Int
    private var isEmpty: Bool

    /// Opens a file, or makes it, with the folders below `directory`. The directory itself is never made: where it is gone,
    /// what was mounted there may be.
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

    /// Whether the path still leads to this file: it may have been removed, or its directory.
    var isInPlace: Bool {
        var own = stat()
        var found = stat()
        return fstat(descriptor, &own) == 0 && stat(path, &found) == 0 && own.st_ino == found.st_ino
            && own.st_dev == found.st_dev
    }

    /// Adds pieces, all of them or, when it throws, none.
    func append(_ pieces: [[UInt8]]) throws(FileFailure) {
        guard !pieces.isEmpty else { return }
        try FileLock.holding(descriptor, path: path) { () throws(FileFailure) in
            // Whoever removed it held no lock: then what is written here would be nobody's.
            guard isInPlace else { throw FileFailure(path, errorNumber: ENOENT) }
            try findEnd()
            try appendAtEnd(pieces)
        }
        // What is on the disk by now survives the machine too.
        guard fdatasync(descriptor) == 0 else { throw FileFailure(path) }
    }

    /// Others may have written since, and one of them may have died in the middle of it.
    private func findEnd() throws(FileFailure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(path) }
        let size = Int(status.st_size)
        let tailStart = size - shape.tail.count
        // A write that was torn does not end with a tail: no piece has a line's end in it.
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

    /// Writes from the last piece's end on. If that fails the file is as before.
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

    /// The tail's place was the file's before, so there is room for it even on a full disk.
    private func putTailBack() {
        _ = shape.tail.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(end)) }
        _ = ftruncate(descriptor, off_t(end + shape.tail.count))
    }

    /// Finds the last whole piece, and ends the file after it.
    private func repair() throws(FileFailure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure(path) }
        let size = Int(status.st_size)
        let head = try read(0..<min(size, shape.head.count))
        if head != shape.head {
            // New, or torn before its first second was over.
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
            // Not at a line's begin: to the next one.
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
