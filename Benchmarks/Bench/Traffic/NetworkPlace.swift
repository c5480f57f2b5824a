import CFrames
import Glibc

/// A network namespace that this thread can enter. Sockets that are created there stay there.
struct NetworkPlace {
    let name: String

    private var path: String { "/run/netns/" + name }

    /// Runs `body` with this thread in the namespace, then returns to its own.
    func visit<Result>(_ body: () throws -> Result) throws -> Result {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard home >= 0 else { throw BenchError.system(call: "open own namespace", reason: reason()) }
        defer { close(home) }
        let there = open(path, O_RDONLY | O_CLOEXEC)
        guard there >= 0 else { throw BenchError.system(call: "open \(path)", reason: reason()) }
        defer { close(there) }
        guard bench_enter_network(there) == 0 else {
            throw BenchError.system(call: "setns \(path)", reason: reason())
        }
        defer {
            // A thread that can't return must not continue, because it would work in the wrong namespace.
            precondition(bench_enter_network(home) == 0, "setns back to the own namespace: \(reason())")
        }
        return try body()
    }

    /// A number from a file as this namespace shows it: `/proc/sys/net/netfilter/nf_conntrack_count`.
    func number(in file: String) throws -> Int {
        let text = try visit { try BenchFile.read(file) }
        guard let number = Int(text.filter(\.isNumber)) else { throw BenchError.answer(of: file, was: text) }
        return number
    }
}

/// The text of errno.
func reason() -> String {
    String(cString: strerror(errno))
}
