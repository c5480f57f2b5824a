import Glibc

/// A short-running program that was started, and its output: for a loop that can't wait for it.
final class HelperProgram {
    /// Bytes of its output that are kept.
    private static let saidLimit = 8192

    private let process: pid_t
    private let output: Int32
    private var status: Int32?
    private var bytes: [UInt8] = []

    init(_ path: String, _ arguments: [String]) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError("making a pipe for the output of \(path)") }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        output = ends[0]
        do throws(SystemError) {
            process = try ProgramStart.inOwnSession(path, arguments, output: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
    }

    deinit {
        kill()
        close(output)
    }

    /// Its exit status, or 128 plus the signal that ended it; nil while it runs. Call it repeatedly: it also reads the output, so that the
    /// program does not wait for a reader.
    func ended() -> Int32? {
        take()
        if let status { return status }
        var raw: Int32 = 0
        guard waitpid(process, &raw, WNOHANG) == process else { return nil }
        take()
        let signal = raw & 0x7F
        status = signal == 0 ? raw >> 8 & 0xFF : 128 + signal
        return status
    }

    /// Kills and reaps it.
    func kill() {
        guard ended() == nil else { return }
        _ = Glibc.kill(process, SIGKILL)
        var raw: Int32 = 0
        waitpid(process, &raw, 0)
        status = 128 + SIGKILL
    }

    /// The beginning of its output and error output.
    var said: String { String(decoding: bytes, as: UTF8.self) }

    private func take() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { return }
            bytes += buffer[..<count].prefix(max(0, Self.saidLimit - bytes.count))
        }
    }
}
