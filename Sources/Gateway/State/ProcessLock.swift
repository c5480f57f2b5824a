import Glibc

/// A file that one process at a time can lock. The kernel releases the lock when the process ends, however it ends.
package final class ProcessLock {
    package enum Failure: Error, Equatable {
        /// Another process holds it; nil if that process has not written its number.
        case held(by: Int32?)
        case system(SystemError)
    }

    package let path: String
    private let descriptor: Int32

    /// A process that checks whether a lock is held (``isHeld(path:)``) takes it shared for a moment. This is how long that is waited for.
    private static let pollMicroseconds: UInt32 = 200_000
    private static let pauseMicroseconds: UInt32 = 1_000

    /// Takes the lock, or throws the holder.
    ///
    /// - Parameters:
    ///   - processIdentifier: the number that is written into the file, for other processes.
    ///   - pause: waits for the given number of microseconds.
    package init(
        path: String, processIdentifier: Int32 = getpid(), pause: (UInt32) -> Void = { usleep($0) }
    ) throws(Failure) {
        var waited: UInt32 = 0
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw .system(SystemError("opening \(path)")) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let errorNumber = errno
                close(descriptor)
                if errorNumber == EINTR { continue }
                guard errorNumber == EWOULDBLOCK else {
                    throw .system(SystemError("locking \(path)", errorNumber: errorNumber))
                }
                guard waited < Self.pollMicroseconds else { throw .held(by: Self.holder(path: path)) }
                pause(Self.pauseMicroseconds)
                waited += Self.pauseMicroseconds
                continue
            }
            // Between open and lock the last holder may have removed the file. Then this lock would protect nothing.
            guard Self.isFile(descriptor, at: path) else {
                close(descriptor)
                continue
            }
            let text = Array("\(processIdentifier)\n".utf8)
            do throws(SystemError) {
                guard ftruncate(descriptor, 0) == 0 else { throw SystemError("writing \(path)") }
                try FileStore.write(text, to: descriptor, path: path)
            } catch {
                close(descriptor)
                throw .system(error)
            }
            self.path = path
            self.descriptor = descriptor
            return
        }
    }

    deinit { close(descriptor) }

    /// Whether a process holds the lock at this path.
    package static func isHeld(path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// The process that a lock file names; it may have ended.
    package static func holder(path: String) -> Int32? {
        guard let bytes = try? FileStore.read(path) else { return nil }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var held = stat()
        var named = stat()
        guard fstat(descriptor, &held) == 0, stat(path, &named) == 0 else { return false }
        return held.st_ino == named.st_ino && held.st_dev == named.st_dev
    }
}
