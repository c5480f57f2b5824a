import Glibc

/// Allows one benchmark at a time on a machine: two would compete for the CPUs, and would change the machine's settings
/// for each other. Its file also stores the settings that a run has changed, so that the run after a killed one can
/// restore them.
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

    /// The stored text; empty if there is none.
    var text: String {
        get throws { try BenchFile.read(Self.path) }
    }

    func keep(_ text: String) throws {
        try BenchFile.write(text, to: Self.path)
    }
}
