package import Glibc
import Synchronization

/// A child process with captured output.
///
/// Output goes to unnamed files instead of pipes: a program with much output never blocks, nobody has to read it
/// concurrently, and it stays readable after the program's end. Every wait has a limit. The process gets its own
/// session (setsid), so that Ctrl-C at a terminal reaches only the lab, which then ends the process in order.
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum Exit: Equatable, Sendable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        package var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    private struct State {
        var exit: Exit?
        /// Our end of its standard input; -1 when closed.
        var input: Int32
    }

    package let identifier: pid_t
    /// The command as typed in a shell.
    package let command: String
    private let output: CapturedFile
    private let errors: CapturedFile
    private let state: Mutex<State>

    /// Starts `command`, a program and its arguments, looked up in PATH. `environment` is added to that of this
    /// process. If `takesInput` is true, ``write(_:)`` writes to its standard input; otherwise standard input is
    /// /dev/null.
    package init(_ command: [String], environment: [String: String] = [:], takesInput: Bool = false) throws(LabError) {
        let name = command.joined(separator: " ")
        let output = try CapturedFile()
        let errors = try CapturedFile()
        var pair: [Int32] = [-1, -1]
        if takesInput {
            // A socket pair instead of a pipe: a write after the program's end is an error, not a SIGPIPE.
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
                throw .notStarted(command: name, reason: "socketpair: \(errorText(errno))")
            }
        }
        let child: pid_t
        do throws(LabError) {
            child = try spawn(
                command, environment: environment, input: pair[1], output: output.descriptor, errors: errors.descriptor)
        } catch {
            if takesInput {
                close(pair[0])
                close(pair[1])
            }
            throw error
        }
        if takesInput {
            close(pair[1])
        }
        self.identifier = child
        self.command = name
        self.output = output
        self.errors = errors
        self.state = Mutex(State(exit: nil, input: pair[0]))
    }

    deinit {
        closeInput()
        // Reaps the process if it has ended. Otherwise it would stay in the process table.
        _ = exit
    }

    /// The standard output so far.
    package var standardOutput: String { output.text }
    /// The standard error so far.
    package var standardError: String { errors.text }
    /// Both, for messages.
    package var allOutput: String { standardOutput + standardError }

    /// How it ended, or nil while it runs.
    package var exit: Exit? {
        state.withLock { state in
            if state.exit == nil {
                var status: Int32 = 0
                if waitpid(identifier, &status, WNOHANG) == identifier {
                    let signal = status & 0x7F
                    state.exit = signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
                }
            }
            return state.exit
        }
    }

    package var isRunning: Bool { exit == nil }

    /// Writes to its standard input. False if it no longer reads.
    @discardableResult
    package func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return state.withLock { state in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { rest in
                    Glibc.send(state.input, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Closes its standard input, so that it reads end of file.
    package func closeInput() {
        state.withLock { state in
            if state.input >= 0 {
                close(state.input)
                state.input = -1
            }
        }
    }

    /// Sends a signal if the process still runs. The lock keeps its identifier from being reused meanwhile.
    package func send(signal: Int32) {
        guard isRunning else { return }
        state.withLock { state in
            if state.exit == nil {
                _ = Glibc.kill(identifier, signal)
            }
        }
    }

    /// Waits for its end; nil if it still runs after `limit`.
    package func waitForExit(within limit: Duration) async -> Exit? {
        _ = await eventually(within: limit) { self.exit != nil }
        return exit
    }

    /// Ends it: SIGTERM, and SIGKILL if that takes longer than `patience`.
    @discardableResult
    package func terminate(patience: Duration = .seconds(5)) async -> Exit? {
        send(signal: SIGTERM)
        if let exit = await waitForExit(within: patience) { return exit }
        send(signal: SIGKILL)
        return await waitForExit(within: .seconds(5))
    }

    /// Waits until a text appears in its output or its errors.
    package func waitForText(_ text: String, within limit: Duration) async throws(LabError) {
        let found = await eventually(within: limit) {
            self.allOutput.contains(text) || !self.isRunning
        }
        guard found, allOutput.contains(text) else {
            throw .timedOut(
                waitingFor: "'\(text)' from '\(command)'", seconds: Patience.seconds(limit),
                seen: allOutput + (exit.map { " (ended with \($0))" } ?? " (still running)"))
        }
    }

    /// Waits for its end and blocks the thread: for the short commands that set up and remove the lab.
    func waitForExitBlocking(within limit: Duration) -> Exit? {
        let deadline = ContinuousClock.now + Patience.scaled(limit)
        while true {
            if let exit { return exit }
            if ContinuousClock.now >= deadline { return nil }
            usleep(1_000)
        }
    }
}
