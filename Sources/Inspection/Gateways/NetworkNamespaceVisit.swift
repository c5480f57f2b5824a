import Glibc

/// Runs something in another process's network namespace, on this thread, and comes back.
///
/// A gateway lives in the namespace that it was started in; whoever asks about its interfaces must be there too.
enum NetworkNamespaceVisit {
    /// In the namespace of the first of these processes that exists; in our own where none does, or where entering is
    /// refused.
    static func run<Result>(ofAny processes: [Int32], _ body: () -> Result) -> Result {
        let own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard own >= 0 else { return body() }
        defer { close(own) }
        for process in processes {
            let other = open("/proc/\(process)/ns/net", O_RDONLY | O_CLOEXEC)
            guard other >= 0 else { continue }
            defer { close(other) }
            guard setns(other, CLONE_NEWNET) == 0 else { continue }
            defer { setns(own, CLONE_NEWNET) }
            return body()
        }
        return body()
    }
}
