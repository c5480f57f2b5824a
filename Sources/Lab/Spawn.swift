import Glibc

/// Starts a program with posix_spawn in its own session, with default signal handlers and an empty signal mask. `input`
/// is a descriptor for its standard input, or -1 for /dev/null.
func spawn(
    _ command: [String], environment: [String: String], input: Int32, output: Int32, errors: Int32
) throws(LabError) -> pid_t {
    guard let program = command.first else {
        throw .notStarted(command: "", reason: "there is no command")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if input >= 0 {
        posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    sigfillset(&all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID
    posix_spawnattr_setflags(&attributes, Int16(newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var variables = childEnvironment()
    variables.merge(environment) { $1 }
    let arguments = CStrings(command)
    let environmentStrings = CStrings(variables.map { "\($0.key)=\($0.value)" }.sorted())
    var child: pid_t = 0
    let result = posix_spawnp(&child, program, &actions, &attributes, arguments.pointers, environmentStrings.pointers)
    guard result == 0 else {
        throw .notStarted(command: command.joined(separator: " "), reason: errorText(result))
    }
    return child
}

/// This process's environment. The directories of administration tools are added to PATH, because ordinary logins on
/// Debian lack them.
func childEnvironment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let pair = String(cString: text)
        if let equals = pair.firstIndex(of: "=") {
            variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        entry += 1
    }
    let path = variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    variables["PATH"] = path + ":/usr/local/sbin:/usr/sbin:/sbin"
    // Output is in the language that the tests expect.
    variables["LC_ALL"] = "C.UTF-8"
    return variables
}

/// A null-terminated array of C strings for exec.
final class CStrings {
    private(set) var pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        pointers = strings.map { strdup($0) } + [nil]
    }

    deinit {
        for pointer in pointers {
            free(pointer)
        }
    }
}

/// The system's text for an error number.
package func errorText(_ number: Int32) -> String {
    String(cString: strerror(number))
}
