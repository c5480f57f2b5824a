internal import CLibBPF
import Glibc

/// Runs a program of the machine to its end.
package enum Command {
    package struct Outcome: Equatable, Sendable {
        /// The exit code, or 128 and the signal's number.
        package let status: Int32
        package let output: String
        package let errorOutput: String
    }

    /// Runs `name` with a text as its standard input, in the caller's network namespace; throws only if it cannot be
    /// started. `package` is the Debian package that has it, for the error message.
    package static func run(
        _ name: String, _ arguments: [String], input: String = "", package: String
    ) throws(KernelError) -> Outcome {
        guard let path = path(of: name) else { throw .commandMissing(command: name, package: package) }
        // Files in memory: neither side ever waits for the other.
        let standardInput = try memoryFile(name)
        let output = try memoryFile(name)
        let errorOutput = try memoryFile(name)
        let bytes = Array(input.utf8)
        var written = 0
        while written < bytes.count {
            written += try SystemCall.check("writing the input of \(name)") {
                bytes[written...].withUnsafeBytes { write(standardInput.number, $0.baseAddress, $0.count) }
            }
        }
        lseek(standardInput.number, 0, SEEK_SET)
        let process = try spawn(
            path, [name] + arguments, standardStreams: [standardInput.number, output.number, errorOutput.number])
        var status: Int32 = 0
        try SystemCall.check("waiting for \(name)") { waitpid(process, &status, 0) }
        lseek(output.number, 0, SEEK_SET)
        lseek(errorOutput.number, 0, SEEK_SET)
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: TextFile.read(output.number) ?? "", errorOutput: TextFile.read(errorOutput.number) ?? "")
    }

    /// Where a program is; those for administrators included, which are not in everybody's PATH.
    package static func path(of name: String) -> String? {
        let variable = getenv("PATH").map { String(cString: $0) } ?? ""
        let directories =
            variable.split(separator: ":").map { String($0) } + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        return directories.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func memoryFile(_ name: String) throws(KernelError) -> FileDescriptor {
        FileDescriptor(
            try SystemCall.check("making room for what \(name) reads and writes") { sluice_memory_file(name) })
    }

    private static func spawn(
        _ path: String, _ arguments: [String], standardStreams: [Int32]
    ) throws(KernelError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in standardStreams.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        // Our own process may have blocked signals; the program shall have them all.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        var argumentPointers = arguments.map { strdup($0) }
        argumentPointers.append(nil)
        defer { for pointer in argumentPointers { free(pointer) } }
        let errorNumber = posix_spawn(&process, path, &actions, &attributes, argumentPointers, sluice_environment())
        guard errorNumber == 0 else { throw .call(action: "starting \(path)", errorNumber: errorNumber, remedy: nil) }
        return process
    }
}
