import Glibc

/// The process that serves the HTTP API, as a child of the controller.
final class APIServing {
    let identifier: pid_t
    /// CLOCK_MONOTONIC, nanoseconds.
    let startedAt: UInt64
    private var status: Int32?

    /// - Parameter listener: the socket that it serves.
    init(gateway: String, listener: Int32, now: UInt64) throws(GatewayError) {
        let path = try APIBinary.path()
        identifier = try GatewayError.wrapping { () throws(SystemError) in
            try ProgramStart.inOwnSession(
                path, ["sluice-api", "serve", "--gateway", gateway, "--listener", "\(ProgramStart.inheritedNumber)"],
                inherited: listener)
        }
        startedAt = now
    }

    /// How it ended, for people; nil while it runs.
    func ended() -> String? {
        if status == nil {
            var status: Int32 = 0
            if waitpid(identifier, &status, WNOHANG) == identifier { self.status = status }
        }
        guard let status else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? "exit status \(status >> 8 & 0xFF)" : "signal \(signal)"
    }

    /// Ends the process, and waits for a short time: nothing in it takes long to end.
    func end(patienceMicroseconds: UInt32 = 500_000) {
        guard ended() == nil else { return }
        kill(identifier, SIGTERM)
        var waited: UInt32 = 0
        while ended() == nil, waited < patienceMicroseconds {
            usleep(5_000)
            waited += 5_000
        }
        guard ended() == nil else { return }
        kill(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
        self.status = status
    }
}
