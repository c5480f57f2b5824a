import Glibc
import Lab
import TestSupport
import Testing

@testable import Gateway

@Suite struct LogOutputTests {
    /// Both ends of a pipe that holds 64 KiB.
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }

    /// Reads until nothing has arrived for a while.
    private static func drain(_ descriptor: Int32) async throws -> [String] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var quiet = 0
        while quiet < 20 {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
                quiet = 0
            } else {
                quiet += 1
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(
        "MET-3 without a reader, logging does not wait; lines that do not fit are counted and reported later"
    )
    func unread() async throws {
        let ends = try Self.makePipe()
        let output = LogOutput(descriptor: ends.write)
        let count = 20_000
        for number in 0..<count { output.write("line \(number) of some length, so that a pipe is soon full\n") }
        let isStuck = await eventually(within: .seconds(10)) { output.isStuck }
        #expect(isStuck)
        let lost = output.lost
        #expect(lost > 0 && lost < count)
        // Every number is there, or in a gap that is reported at its place.
        var next = 0
        for line in try await Self.drain(ends.read) {
            if line.hasPrefix("line ") {
                #expect(line.hasPrefix("line \(next) of"))
                next += 1
            } else {
                #expect(line.contains("lines are missing before this one"))
                let gap = line.split(separator: " ").first { $0.hasPrefix("lost=") }.flatMap { Int($0.dropFirst(5)) }
                next += try #require(gap)
            }
        }
        #expect(next == count)
        #expect(!output.isStuck && output.lost == 0)
        output.write("after\n")
        #expect(try await Self.drain(ends.read) == ["after"])
    }

    @Test("MET-3 a descriptor that refuses loses lines, which are counted, and has no other effect")
    func refused() async throws {
        SignalPipe.ignoreBrokenPipes()
        let ends = try Self.makePipe()
        close(ends.read)
        let output = LogOutput(descriptor: ends.write)
        for _ in 0..<10 { output.write("nobody is there\n") }
        output.flush()
        #expect(output.lost == 10)
    }

    @Test("MET-3 what was logged before the end is written before the end")
    func flush() async throws {
        let ends = try Self.makePipe()
        let output = LogOutput(descriptor: ends.write)
        for number in 0..<100 { output.write("\(number)\n") }
        output.flush()
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(ends.read, &buffer, buffer.count)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").count == 100)
    }

    @Test("MET-3 a service manager that does not read its socket does not delay the gateway")
    func notification() throws {
        let temporary = TemporaryDirectory()
        let path = "\(temporary.path)/notify"
        let manager = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(manager) }
        let bound = try UnixSocket.withAddress(of: path) { bind(manager, $0, $1) }
        try #require(bound == 0)
        setenv("NOTIFY_SOCKET", path, 1)
        defer { unsetenv("NOTIFY_SOCKET") }
        #expect(ServiceNotification.send("READY=1"))
        var sent = 1
        while sent < 100_000, ServiceNotification.send("STATUS=\(sent)") { sent += 1 }
        #expect(sent > 1 && sent < 100_000)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(manager, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1")
        #expect(ServiceNotification.send("STATUS=again"))
    }
}
