internal import CLibBPF
import Glibc

/// The network namespace that another process lives in.
///
/// A gateway judges the interfaces of the namespace it was started in; whoever asks about them must be there too.
package enum ProcessNetwork {
    /// Runs something on this very thread in the network namespace of the first of these processes that exists, programs
    /// that it starts included, and comes back. In our own, where none exists or entering is refused.
    package static func run<Result>(ofAny processes: [Int32], _ body: () -> Result) -> Result {
        let flags = O_RDONLY | O_CLOEXEC
        let own = open("/proc/thread-self/ns/net", flags)
        guard own >= 0 else { return body() }
        defer { close(own) }
        for process in processes {
            let other = open("/proc/\(process)/ns/net", flags)
            guard other >= 0 else { continue }
            defer { close(other) }
            guard sluice_enter_network(other) == 0 else { continue }
            defer {
                // A thread that stayed behind would ask the wrong namespace from now on.
                guard sluice_enter_network(own) == 0 else { preconditionFailure("returning to the own network namespace") }
            }
            return body()
        }
        return body()
    }
}
