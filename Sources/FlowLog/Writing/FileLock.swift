import Glibc

/// An exclusive lock on a file for a short time. The kernel releases it when the process ends, even after SIGKILL.
enum FileLock {
    /// How long to wait for another process's lock. The limit matters if that process is stopped in the middle of a
    /// write.
    private static let patienceMicroseconds: UInt32 = 2_000_000
    private static let pauseMicroseconds: UInt32 = 2_000

    static func holding<Result>(
        _ descriptor: Int32, path: String, _ body: () throws(FileFailure) -> Result
    ) throws(FileFailure) -> Result {
        var waited: UInt32 = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EINTR { continue }
            guard errno == EWOULDBLOCK, waited < patienceMicroseconds else { throw FileFailure(path) }
            usleep(pauseMicroseconds)
            waited += pauseMicroseconds
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }
}
