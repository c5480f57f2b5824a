import Glibc
import Testing

@testable import Kernel

@Suite struct CommandTests {
    @Test("MET-3 a program that does not end in time is killed, with the processes that it has started")
    func hangs() throws {
        // A file in memory receives the PID of the process that the shell starts.
        var template = Array("/tmp/sluice-command-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        defer { close(descriptor) }
        let path = String(cString: template.map { $0 })
        defer { unlink(path) }
        #expect(throws: KernelError.commandHung(command: "sh", seconds: 1)) {
            try Command.run("sh", ["-c", "sleep 1000 & echo $! > \(path); wait"], package: "dash", within: 1)
        }
        let text = try #require(TextFile.read(path))
        let started = try #require(pid_t(text.prefix { $0 != "\n" }))
        // It is an orphan now. The process that adopts it reaps it, or leaves it as a zombie.
        var isDead = false
        for _ in 0..<1000 where !isDead {
            let state = TextFile.read("/proc/\(started)/stat")?.split(separator: ")").last?.first { $0 != " " }
            isDead = state == nil || state == "Z"
            usleep(10_000)
        }
        #expect(isDead)
    }

    @Test("MET-3 a program's output and exit status are returned, also when a signal ended it")
    func ends() throws {
        let outcome = try Command.run("sh", ["-c", "cat; echo no >&2; exit 3"], input: "text", package: "dash")
        #expect(outcome == .init(status: 3, output: "text", errorOutput: "no\n"))
        #expect(try Command.run("sh", ["-c", "kill -9 $$"], package: "dash").status == 128 + SIGKILL)
    }
}
