package import Glibc

extension Lab {
    /// Runs a program in a place to its end, for at most `limit`.
    package func execute(
        in place: LabPlace, _ command: [String], environment: [String: String] = [:],
        within limit: Duration = .seconds(30)
    ) async throws(LabError) -> CommandResult {
        try await spawn(in: place, command, environment: environment).result(within: limit)
    }

    /// Starts a program in a place. It runs until it is ended, at the latest with the lab.
    package func spawn(
        in place: LabPlace, _ command: [String], environment: [String: String] = [:], takesInput: Bool = false
    ) throws(LabError) -> ChildProcess {
        try ChildProcess(namespace(place).entering(command), environment: environment, takesInput: takesInput)
    }

    /// Replaces this process by a program in a place, at this terminal: `sluice lab exec`. Returns only on an error.
    package func replaceProcess(in place: LabPlace, _ command: [String]) throws(LabError) -> Never {
        let full = namespace(place).entering(command.isEmpty ? ["bash"] : command)
        setenv("PATH", childEnvironment()["PATH"] ?? "", 1)
        let arguments = CStrings(full)
        execvp(full[0], arguments.pointers)
        throw .notStarted(command: full.joined(separator: " "), reason: errorText(errno))
    }

    /// Processes in a place, by identifier.
    package func processes(in place: LabPlace) -> [pid_t] {
        namespace(place).members
    }
}
