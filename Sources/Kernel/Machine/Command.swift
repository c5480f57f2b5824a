internal import CLibBPF
import Glibc

/// Runs an installed program to its end, or kills it when it takes too long.
package enum Command {
    /// Time limit for a program that changes or lists rules.
    package static let patienceSeconds = 10
    /// Time limit for the kernel to end a killed process.
    private static let graceMilliseconds: Int32 = 1000

    package struct Outcome: Equatable, Sendable {
        /// The exit code, or 128 plus the signal's number.
        package let status: Int32
        package let output: String
        package let errorOutput: String
    }

    /// Runs `name` with a text as its standard input, in the caller's network namespace. Throws only if it can't be
    /// started, or does not end in time: then it is killed, with the processes that it has started. `package` is the
    /// Debian package that contains it, for the error message.
    package static func run(
        _ name: String, _ arguments: [String], input: String = "", package: String,
        within seconds: Int = patienceSeconds
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
        guard let status = try end(of: process, name, within: seconds) else {
            throw .commandHung(command: name, seconds: seconds)
        }
        lseek(output.number, 0, SEEK_SET)
        lseek(errorOutput.number, 0, SEEK_SET)
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: TextFile.read(output.number) ?? "", errorOutput: TextFile.read(errorOutput.number) ?? "")
    }

    /// Waits for a process, and kills it when the time is over.
    ///
    /// - Returns: its status; nil: it was killed here.
    private static func end(of process: pid_t, _ name: String, within seconds: Int) throws(KernelError) -> Int32? {
        let descriptor = FileDescriptor(
            try SystemCall.check("waiting for \(name)") { sluice_process_descriptor(process) })
        let isInTime = waits(for: descriptor, milliseconds: Int32(seconds) * 1000)
        if !isInTime {
            kill(-process, SIGKILL)
            // A process that is blocked within the kernel is not waited for. It stays until it can end.
            guard waits(for: descriptor, milliseconds: graceMilliseconds) else { return nil }
        }
        var status: Int32 = 0
        try SystemCall.check("waiting for \(name)") { waitpid(process, &status, 0) }
        return isInTime ? status : nil
    }

    private static func waits(for descriptor: borrowing FileDescriptor, milliseconds: Int32) -> Bool {
        let end = MonotonicClock.nanoseconds() + UInt64(milliseconds) * 1_000_000
        while true {
            let now = MonotonicClock.nanoseconds()
            let left = end > now ? (end - now + 999_999) / 1_000_000 : 0
            var wanted = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            let count = poll(&wanted, 1, Int32(left))
            if count > 0 { return true }
            if left == 0 { return false }
        }
    }

    /// The path of a program. Directories for administrators are included, because not every PATH has them.
    package static func path(of name: String) -> String? {
        let variable = getenv("PATH").map { String(cString: $0) } ?? ""
        let directories =
            variable.split(separator: ":").map { String($0) } + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        return directories.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func memoryFile(_ name: String) throws(KernelError) -> FileDescriptor {
        FileDescriptor(
            try SystemCall.check("creating memory files for \(name)") { sluice_memory_file(name) })
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
        // Our own process may have blocked signals; the program must receive them all.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        // A separate process group, so that the processes that it has started can be killed with it.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var process: pid_t = 0
        var argumentPointers = arguments.map { strdup($0) }
        argumentPointers.append(nil)
        defer { for pointer in argumentPointers { free(pointer) } }
        let errorNumber = posix_spawn(&process, path, &actions, &attributes, argumentPointers, sluice_environment())
        guard errorNumber == 0 else { throw .call(action: "starting \(path)", errorNumber: errorNumber, remedy: nil) }
        return process
    }
}
