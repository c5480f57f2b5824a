internal import CLibBPF
import Glibc

/// A look into another network namespace.
///
/// A gateway judges the interfaces of the namespace it was started in; whoever asks about them must be there too.
package enum NetworkVisit {
    /// Runs something on this very thread in the network namespace that a file stands for (`/proc/PID/ns/net`,
    /// `/run/netns/NAME`), programs that it starts included, and comes back. nil where there is none, or entering it is
    /// refused.
    package static func run<Result>(in path: String, _ body: () -> Result) -> Result? {
        let flags = O_RDONLY | O_CLOEXEC
        let own = open("/proc/thread-self/ns/net", flags)
        guard own >= 0 else { return nil }
        defer { close(own) }
        let other = open(path, flags)
        guard other >= 0 else { return nil }
        defer { close(other) }
        guard sluice_enter_network(other) == 0 else { return nil }
        defer {
            // A thread that stayed behind would ask the wrong namespace from now on.
            guard sluice_enter_network(own) == 0 else { preconditionFailure("returning to the own network namespace") }
        }
        return body()
    }
}
