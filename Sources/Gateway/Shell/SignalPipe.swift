import Glibc

/// Where the signal handler writes. It is set once, before any handler is installed. It is an integer, so that the handler may read it.
private nonisolated(unsafe) var signalPipeWriteEnd: Int32 = -1

/// Writes signals as bytes into a pipe, so that a poll loop handles them like other input.
package struct SignalPipe: Sendable {
    /// To be polled for reading.
    package let fileDescriptor: Int32

    /// Catches the given signals in this process from now on. One per process.
    package init(catching signals: [Int32]) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("making a pipe for signals") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        fileDescriptor = ends[0]
        signalPipeWriteEnd = ends[1]
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                // Only write(2), and errno is restored (signal-safety(7)).
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipeWriteEnd, &byte, 1)
                errno = before
            }
            action.sa_flags = Int32(SA_RESTART)
            guard sigaction(signal, &action, nil) == 0 else { throw SystemError("catching signal \(signal)") }
        }
    }

    /// The signals that arrived since the last call.
    package func take() -> [Int32] {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(fileDescriptor, &buffer, buffer.count)
        return count > 0 ? buffer.prefix(count).map { Int32($0) } : []
    }

    /// Makes a write to a pipe or socket without a reader fail with an error, instead of ending the process.
    package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
