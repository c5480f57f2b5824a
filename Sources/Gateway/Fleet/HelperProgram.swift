import Glibc

/// A short program that was started, and what it says: for a loop that can't wait for it.
final class HelperProgram {
    private let process: pid_t
    private let output: Int32
    private var status: Int32?

    init(_ path: String, _ arguments: [String]) throws(SystemError) {
        // A nameless file takes what it says: it never blocks, however much that is.
        output = memfd_create("sluice-program", UInt32(MFD_CLOEXEC))
        guard output >= 0 else { throw SystemError("making room for what \(path) says") }
        do throws(SystemError) {
            process = try ProgramStart.inOwnSession(path, arguments, output: output)
        } catch {
            close(output)
            throw error
        }
    }

    deinit {
        close(output)
        if ended() == nil { kill() }
    }

    /// Its exit status, or 128 and the signal that ended it; nil while it runs.
    func ended() -> Int32? {
        if let status { return status }
        var raw: Int32 = 0
        guard waitpid(process, &raw, WNOHANG) == process else { return nil }
        let signal = raw & 0x7F
        status = signal == 0 ? raw >> 8 & 0xFF : 128 + signal
        return status
    }

    /// Ends it, and buries it.
    func kill() {
        guard ended() == nil else { return }
        _ = Glibc.kill(process, SIGKILL)
        var raw: Int32 = 0
        waitpid(process, &raw, 0)
        status = 128 + SIGKILL
    }

    /// The first 4 KiB of what it has said.
    var said: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = pread(output, &buffer, buffer.count, 0)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}
