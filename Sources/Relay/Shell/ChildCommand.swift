import Glibc

/// A program that the relay starts.
package struct ChildCommand: Sendable {
    var pid: pid_t

    /// Starts a program, found by PATH, with default signals.
    ///
    /// - Parameters:
    ///   - environment: variables beside those of this process.
    ///   - descriptors: which descriptors the program gets, by their numbers there; 0 to 2 are this process's otherwise.
    package static func start(
        _ arguments: [String], environment: [String: String] = [:], descriptors: [Int32: Int32] = [:]
    ) throws(RelayProblem) -> ChildCommand {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in descriptors.sorted(by: { $0.key < $1.key }) {
            posix_spawn_file_actions_adddup2(&actions, source, target)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGPIPE, SIGTERM, SIGINT] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            let name = variable.prefix { $0 != "=" }
            if environment[String(name)] == nil { variables.append(variable) }
            entry += 1
        }
        variables += environment.map { "\($0.key)=\($0.value)" }
        let argumentPointers = arguments.map { strdup($0) } + [nil]
        let variablePointers = variables.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
        var pid: pid_t = 0
        let status = posix_spawnp(
            &pid, arguments.first ?? "", &actions, &attributes, argumentPointers, variablePointers)
        guard status == 0 else {
            throw RelayProblem(
                "can't run '\(arguments.first ?? "")': \(String(cString: strerror(status)))", status: 500)
        }
        return ChildCommand(pid: pid)
    }

    /// Waits for its end.
    ///
    /// - Returns: its exit status; 128 + N if signal N ended it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }
}
