import Glibc
import NIOPosix

/// SIGTERM and SIGINT end the program, SIGUSR1 asks for its state. The signals are blocked from the creation on, in threads
/// that start later, too. So create it first.
package struct ProcessSignals: Sendable {
    package enum Signal: Sendable {
        case end
        case report
    }

    private let set: sigset_t

    package init() {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGUSR1] { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        self.set = set
    }

    /// Receives signals, in a thread of its own, until the process ends.
    ///
    /// - Parameter receive: The second SIGTERM or SIGINT is not reported, but ends the process at once.
    package func watch(_ receive: @escaping @Sendable (Signal) -> Void) {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        pool.submit { [set] _ in
            var isEnding = false
            while true {
                var set = set
                var number: Int32 = 0
                guard sigwait(&set, &number) == 0 else { continue }
                if number == SIGUSR1 {
                    receive(.report)
                } else if isEnding {
                    _exit(128 + number)
                } else {
                    isEnding = true
                    receive(.end)
                }
            }
        }
    }
}
