internal import CLibBPF
import Glibc

/// A network namespace without a name. It is removed, with everything in it, when this object and its last thread end.
package final class UnnamedNetworkNamespace: Sendable {
    private let descriptor: FileDescriptor

    /// The path by which `ip link set ... netns` finds it, also from this process's children.
    package var path: String { "/proc/\(getpid())/fd/\(descriptor.number)" }

    /// Creates an empty namespace. Its loopback is down.
    package init() throws(KernelError) {
        let home = try Self.current()
        try SystemCall.check("creating a network namespace") { sluice_unshare_network() }
        defer { Self.enter(home) }
        descriptor = try Self.current()
    }

    /// Runs something on the calling thread inside the namespace, including the programs that it starts, and returns to
    /// the own namespace.
    package func run<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let home: FileDescriptor
        do throws(KernelError) {
            home = try Self.current()
        } catch {
            preconditionFailure("this thread's network namespace cannot be opened: \(error)")
        }
        Self.enter(descriptor)
        defer { Self.enter(home) }
        return try body()
    }

    private static func current() throws(KernelError) -> FileDescriptor {
        FileDescriptor(
            try SystemCall.check("opening this thread's network namespace") {
                open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
            })
    }

    /// A thread that stayed in the wrong namespace would change the wrong network, so the process ends.
    private static func enter(_ namespace: FileDescriptor) {
        guard sluice_enter_network(namespace.number) == 0 else {
            preconditionFailure("entering a network namespace: \(SystemCall.message(errno))")
        }
    }
}

/// A visit to another network namespace.
///
/// A gateway judges the interfaces of the namespace in which it was started. Whoever queries them must be there too.
package enum NetworkVisit {
    /// Runs something on the calling thread in the network namespace of a file (`/proc/PID/ns/net`, `/run/netns/NAME`),
    /// including the programs that it starts, and returns to the own namespace. nil if there is none, or if entering it
    /// is refused.
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
            // A thread that stayed there would query the wrong namespace from now on.
            guard sluice_enter_network(own) == 0 else { preconditionFailure("returning to the own network namespace") }
        }
        return body()
    }
}
