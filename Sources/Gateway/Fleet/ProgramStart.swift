import Glibc

/// Starts programs outside the controller's terminal session.
enum ProgramStart {
    /// POSIX_SPAWN_SETSID of spawn.h, which the importer does not show.
    private static let newSession: Int16 = 0x80

    /// The descriptor number that a started program inherits.
    static let inheritedNumber: Int32 = 3

    /// - Parameters:
    ///   - path: of the program; not looked up in PATH.
    ///   - arguments: the program's name first.
    ///   - output: for its standard output and standard error; nil: the first is discarded, the second is the controller's.
    ///   - inherited: a descriptor that it also gets, as number 3.
    static func inOwnSession(
        _ path: String, _ arguments: [String], output: Int32? = nil, inherited: Int32? = nil
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
            posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        } else {
            // Standard output is the controller's. Its reader must see the end of file when the controller ends.
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        }
        // Also if it has that number already: only then does it stay open over execve.
        if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited, inheritedNumber) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, newSession)
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var process: pid_t = 0
        let errorNumber = posix_spawn(&process, path, &actions, &attributes, pointers, environ)
        guard errorNumber == 0 else { throw SystemError("starting \(path)", errorNumber: errorNumber) }
        return process
    }
}
