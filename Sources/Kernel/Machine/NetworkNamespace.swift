internal import CLibBPF
import Glibc

/// A network namespace without a name: it is gone, with all that is in it, when this object and its last thread are.
package final class NetworkNamespace: Sendable {
    private let descriptor: FileDescriptor

    /// How `ip link set ... netns` finds it, from this process's children too.
    package var path: String { "/proc/\(getpid())/fd/\(descriptor.number)" }

    /// Makes an empty namespace. Its loopback is down.
    package init() throws(KernelError) {
        let home = try Self.current()
        try SystemCall.check("making a network namespace") { sluice_unshare_network() }
        defer { Self.enter(home) }
        descriptor = try Self.current()
    }

    /// Runs something on this very thread inside the namespace, programs that it starts included, and comes back.
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

    /// A thread that stayed in the wrong namespace would do its work to the wrong machine, as it were: so it ends here.
    private static func enter(_ namespace: FileDescriptor) {
        guard sluice_enter_network(namespace.number) == 0 else {
            preconditionFailure("entering a network namespace: \(SystemCall.message(errno))")
        }
    }
}
