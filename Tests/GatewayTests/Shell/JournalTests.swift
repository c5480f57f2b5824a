import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

@testable import Gateway

/// The messages to journald. No test runs it: a socket replaces it, and reads journald's native protocol.
@Suite struct JournalTests {
    /// A socket at a path, as journald has one.
    private final class Receiver {
        let descriptor: Int32
        let path: String

        init(at path: String) throws {
            self.path = path
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            let descriptor = descriptor
            let bound = try UnixSocket.withAddress(of: path) { bind(descriptor, $0, $1) }
            try #require(bound == 0)
        }

        deinit {
            close(descriptor)
            unlink(path)
        }

        /// The fields of the next entry, within a second.
        func next() -> [String: String]? {
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 1000) > 0 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 1 << 18)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            return Self.fields(Array(buffer[..<count]))
        }

        /// Reads the native protocol, with lines and with lengths.
        static func fields(_ bytes: [UInt8]) -> [String: String] {
            var fields: [String: String] = [:]
            var rest = bytes[...]
            while let end = rest.firstIndex(where: { $0 == 0x0A }) {
                let line = rest[..<end]
                rest = rest[(end + 1)...]
                if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                    fields[String(decoding: line[..<equals], as: UTF8.self)] = String(
                        decoding: line[(equals + 1)...], as: UTF8.self)
                } else {
                    let length = Int(rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
                    fields[String(decoding: line, as: UTF8.self)] = String(
                        decoding: rest.dropFirst(8).prefix(length), as: UTF8.self)
                    rest = rest.dropFirst(8 + length + 1)
                }
            }
            return fields
        }
    }

    /// The two ends of a pipe, for standard error.
    private func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }

    private func text(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    @Test("MET-3 the journal gets message, priority and each field, and standard error gets nothing")
    func fields() throws {
        let temporary = TemporaryDirectory()
        let receiver = try Receiver(at: "\(temporary.path)/socket")
        let ends = try makePipe()
        let output = LogOutput(descriptor: ends.write, journal: receiver.path)
        let log = Log(label: "controller", output: output)
        log.warning("an interface is gone", ["interface": "eth 1", "sessionsDenied": "3", "cause": "two\nlines"])
        let entry = try #require(receiver.next())
        #expect(
            entry["MESSAGE"]
                == "controller: an interface is gone interface=\"eth 1\" sessionsDenied=3 cause=\"two\\nlines\"")
        #expect(entry["PRIORITY"] == "4")
        #expect(entry["SYSLOG_IDENTIFIER"] == "sluice")
        #expect(entry["SLUICE_COMPONENT"] == "controller")
        #expect(entry["SLUICE_INTERFACE"] == "eth 1")
        #expect(entry["SLUICE_SESSIONS_DENIED"] == "3")
        #expect(entry["SLUICE_CAUSE"] == "two\nlines")
        output.writeFailure("it can't start:\nno interface eth9")
        let failure = try #require(receiver.next())
        #expect(failure["PRIORITY"] == "3" && failure["MESSAGE"] == "it can't start:\nno interface eth9")
        output.flush()
        #expect(text(ends.read) == "")
    }

    @Test("MET-3 every level has the journal's priority")
    func priorities() {
        let priorities = Log.Level.allCases.map {
            Log.entry(level: $0, label: "", message: "", fields: [:]).priority.rawValue
        }
        #expect(priorities == [7, 6, 5, 4, 3])
        #expect(JournalEntry.name(of: "HTTPPort-4") == "SLUICE_HTTPPORT_4")
        #expect(JournalEntry.name(of: String(repeating: "long", count: 30)).utf8.count == 64)
    }

    @Test("MET-3 without journald the line goes to standard error; a restarted journald gets the next one")
    func restart() async throws {
        SignalPipe.ignoreBrokenPipes()
        let temporary = TemporaryDirectory()
        let path = "\(temporary.path)/socket"
        let ends = try makePipe()
        let output = LogOutput(descriptor: ends.write, journal: path)
        let log = Log(label: "x", output: output)
        log.notice("one")
        output.flush()
        #expect(text(ends.read).hasSuffix("notice x: one\n"))
        do {
            let first = try Receiver(at: path)
            log.notice("two")
            #expect(first.next()?["MESSAGE"] == "x: two")
        }
        log.notice("three")
        output.flush()
        #expect(text(ends.read).hasSuffix("notice x: three\n"))
        do {
            let second = try Receiver(at: path)
            log.notice("four")
            #expect(second.next()?["MESSAGE"] == "x: four")
        }
        // Nothing was logged between the two.
        let third = try Receiver(at: path)
        log.notice("five")
        #expect(third.next()?["MESSAGE"] == "x: five")
        #expect(output.lost == 0)
    }

    @Test("MET-3 a journald that does not read delays nothing, and lost lines are counted and reported to it")
    func stuck() async throws {
        let temporary = TemporaryDirectory()
        let receiver = try Receiver(at: "\(temporary.path)/socket")
        let output = LogOutput(descriptor: STDERR_FILENO, journal: receiver.path)
        let log = Log(label: "x", output: output)
        for number in 0..<5_000 { log.info("entry \(number)", ["padding": String(repeating: "x", count: 100)]) }
        let isStuck = await eventually(within: .seconds(10)) { output.isStuck }
        #expect(isStuck && output.lost > 0)
        var taken = 0
        var reported = 0
        while let entry = receiver.next() {
            if let lost = entry["SLUICE_LOST"].flatMap({ Int($0) }) { reported += lost } else { taken += 1 }
        }
        #expect(taken + reported == 5_000)
        #expect(output.lost == 0)
    }

    @Test("MET-3 the journal is used only if standard error is the stream that systemd has connected")
    func detection() throws {
        let ends = try makePipe()
        var status = stat()
        try #require(fstat(ends.write, &status) == 0)
        #expect(JournalSocket.isJournal(ends.write, variable: "\(status.st_dev):\(status.st_ino)"))
        #expect(!JournalSocket.isJournal(ends.write, variable: "\(status.st_dev):\(status.st_ino + 1)"))
        for variable in [nil, "", "1", "a:b", "1:2:3"] {
            #expect(!JournalSocket.isJournal(ends.write, variable: variable))
        }
    }
}
