import Glibc

/// Lets one benchmark run on a machine at a time: two would take the processors from each other, and each would change the
/// machine's settings under the other. Its file also keeps the settings that a run has changed, so that after a run that was
/// killed the next one knows what they were.
final class RunLock {
    private static let path = "/run/sluice-bench.lock"
    private let descriptor: Int32

    init() throws {
        descriptor = open(Self.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BenchError.system(call: "open \(Self.path)", reason: reason()) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw BenchError.running
        }
    }

    deinit {
        close(descriptor)
    }

    /// What is kept; empty if nothing is.
    var text: String {
        get throws { try BenchFile.read(Self.path) }
    }

    func keep(_ text: String) throws {
        try BenchFile.write(text, to: Self.path)
    }
}
