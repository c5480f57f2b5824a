import Glibc

/// The result of a program that has ended.
package struct CommandResult: Sendable {
    package let command: String
    package let exit: ChildProcess.Exit
    package let output: String
    package let errors: String

    package var succeeded: Bool { exit == .code(0) }
    /// Output and errors, for messages.
    package var allOutput: String { output + errors }

    /// Returns itself if the program succeeded; throws otherwise.
    @discardableResult
    package func required() throws(LabError) -> CommandResult {
        guard succeeded else {
            throw .failed(command: command, status: "\(exit)", output: allOutput)
        }
        return self
    }
}

extension ChildProcess {
    /// The result, if it ends within `limit`; otherwise it is killed, and the wait fails.
    package func result(within limit: Duration) async throws(LabError) -> CommandResult {
        guard let exit = await waitForExit(within: limit) else {
            send(signal: SIGKILL)
            _ = await waitForExit(within: .seconds(5))
            throw .timedOut(
                waitingFor: "the end of '\(command)'", seconds: Patience.seconds(limit), seen: allOutput)
        }
        return CommandResult(command: command, exit: exit, output: standardOutput, errors: standardError)
    }
}

/// Runs a short command of the lab on this thread, and throws if it fails.
@discardableResult
func runShort(_ command: [String], within limit: Duration = .seconds(20)) throws(LabError) -> String {
    let child = try ChildProcess(command)
    guard let exit = child.waitForExitBlocking(within: limit) else {
        child.send(signal: SIGKILL)
        _ = child.waitForExitBlocking(within: .seconds(5))
        throw .timedOut(
            waitingFor: "the end of '\(child.command)'", seconds: Patience.seconds(limit), seen: child.allOutput)
    }
    guard exit == .code(0) else {
        throw .failed(command: child.command, status: "\(exit)", output: child.allOutput)
    }
    return child.standardOutput
}
