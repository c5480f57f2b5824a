import Glibc
import Kernel
import TestSupport
import Testing

@testable import Gateway

@Suite struct RunDirectoryTests {
    let temporary = TemporaryDirectory()
    var directory: RunDirectory { RunDirectory(gateway: "edge", root: "\(temporary.path)/sluice") }

    @Test("RECOV-3 what a controller writes is what its successor reads")
    func roundTrip() throws {
        try directory.create()
        let record = ControllerRecord(
            gateway: "edge", processIdentifier: 12, configurationFile: "/etc/sluice.yaml", interfaces: ["eth0": 2],
            forwardingBefore: Forwarding.current(), problems: ["eth1 is gone"], startedAt: 99)
        try directory.write(record, to: directory.controllerPath)
        #expect(try directory.read(ControllerRecord.self, from: directory.controllerPath) == record)
        #expect(try directory.read(ControllerRecord.self, from: directory.rulesPath) == nil)
        directory.remove()
        #expect(access(directory.path, F_OK) != 0)
    }

    @Test("A file is replaced whole; a half-written one of a crash is not read")
    func replace() throws {
        try directory.create()
        try FileStore.replace(directory.rulesPath, with: Array("old".utf8))
        try FileStore.replace(directory.rulesPath + ".new", with: Array("ha".utf8))
        #expect(try FileStore.read(directory.rulesPath) == Array("old".utf8))
        try FileStore.replace(directory.rulesPath, with: Array("new".utf8))
        #expect(try FileStore.read(directory.rulesPath) == Array("new".utf8))
    }

    @Test(
        "BAD-6 a pipe or a directory in the place of a file is an error, and nothing waits for it",
        .timeLimit(.minutes(1)))
    func noFiles() throws {
        try directory.create()
        #expect(mkfifo(directory.rulesPath, 0o600) == 0)
        #expect(throws: SystemError.self) { try FileStore.read(directory.rulesPath) }
        #expect(throws: SystemError.self) { try FileStore.read(directory.path) }
        #expect(throws: GatewayError.self) { try ConfigurationSource(path: directory.rulesPath) }
    }

    @Test(
        "A gateway's name can't name another directory",
        arguments: [
            ("../edge", "%2E.%2Fedge"), ("a/b", "a%2Fb"), ("a%b", "a%25b"), ("edge-1.example", "edge-1.example"),
        ])
    func names(gateway: String, file: String) {
        #expect(RunDirectory(gateway: gateway, root: "/r").path == "/r/\(file)")
    }

    @Test("BAD-6 a second controller is refused with the first one's process; the lock ends with its process")
    func lock() throws {
        try directory.create()
        do {
            let lock = try ProcessLock(path: directory.lockPath)
            #expect(ProcessLock.isHeld(path: directory.lockPath))
            #expect(throws: ProcessLock.Failure.held(by: getpid())) { try ProcessLock(path: directory.lockPath) }
            withExtendedLifetime(lock) {}
        }
        #expect(!ProcessLock.isHeld(path: directory.lockPath))
        _ = try ProcessLock(path: directory.lockPath)
    }

    @Test("A lock on a file that was removed meanwhile does not count")
    func removedLock() throws {
        try directory.create()
        let first = try ProcessLock(path: directory.lockPath)
        unlink(directory.lockPath)
        let second = try ProcessLock(path: directory.lockPath)
        #expect(throws: ProcessLock.Failure.held(by: getpid())) { try ProcessLock(path: directory.lockPath) }
        withExtendedLifetime((first, second)) {}
    }

    @Test("RECOV-3 a process is distinguished from a later one with the same number by its start time")
    func identity() throws {
        let own = try #require(ProcessIdentity.current(getpid()))
        #expect(own.isAlive)
        #expect(!ProcessIdentity(identifier: getpid(), startTicks: own.startTicks + 1).isAlive)
        #expect(ProcessIdentity.current(0) == nil)
        let text = "7 (a b) c) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0"
        #expect(ProcessIdentity.parse(text, identifier: 7) == ProcessIdentity(identifier: 7, startTicks: 4711))
        #expect(ProcessIdentity.parse(text.replacing(") S", with: ") Z"), identifier: 7) == nil)
    }

    @Test("OPS-4 a log line is structured, and stays one line")
    func logLine() {
        let line = Log.line(
            time: "T", level: .warning, label: "controller", message: "gone",
            fields: ["a": "1", "b": "x y\n\"z\"", "c": ""])
        #expect(line == "T warning controller: gone a=1 b=\"x y\\n\\\"z\\\"\" c=\"\"\n")
    }

    @Test("RECOV-3 a check whether a lock is held, as in each scrape, keeps no process from taking it")
    func lookedAt() throws {
        try directory.create()
        let path = directory.lockPath
        _ = try ProcessLock(path: path)
        // A check that is in progress, and over after the third pause.
        let look = open(path, O_RDONLY | O_CLOEXEC)
        #expect(flock(look, LOCK_SH | LOCK_NB) == 0)
        var pauses = 0
        let lock = try ProcessLock(path: path) { _ in
            pauses += 1
            if pauses == 3 { close(look) }
        }
        #expect(pauses == 3 && ProcessLock.isHeld(path: path))
        // A real holder is not waited for without a limit.
        pauses = 0
        #expect(throws: ProcessLock.Failure.held(by: getpid())) { try ProcessLock(path: path) { _ in pauses += 1 } }
        #expect(pauses == 200)
        withExtendedLifetime(lock) {}
    }
}
