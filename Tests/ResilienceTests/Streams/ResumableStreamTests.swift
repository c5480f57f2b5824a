import NIOCore
import SluiceResilience
import SluiceResilienceNIO
import Testing

@Suite("Resumable streams on loopback", .serialized)
struct ResumableStreamTests {
    /// Sends back what comes, until the end.
    @Sendable static func echo(_ stream: ResumableStream, _: String, _: String) async {
        do {
            for try await bytes in stream { try await stream.write(bytes) }
            stream.finish()
        } catch {
            stream.reset()
        }
    }

    /// 65,521 bytes (a prime number) and then again, so that a piece in a wrong place is seen.
    private static let block = [UInt8]((0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })

    private static func pattern(_ range: Range<Int>) -> ByteBuffer {
        var buffer = ByteBuffer()
        var position = range.lowerBound
        while position < range.upperBound {
            let start = position % block.count
            let piece = block[start..<min(block.count, start + range.upperBound - position)]
            buffer.writeBytes(piece)
            position += piece.count
        }
        return buffer
    }

    private static func readAll(_ stream: ResumableStream, expecting count: Int) async throws {
        var position = 0
        for try await bytes in stream {
            let expected = pattern(position..<position + bytes.readableBytes)
            try #require(bytes == expected, "different bytes after \(position)")
            position += bytes.readableBytes
        }
        #expect(position == count)
    }

    /// Resets the connections again and again, each time after some more bytes have passed.
    private static func cut(_ forwarder: Forwarder, times: Int) async throws {
        for _ in 0..<times {
            let next = forwarder.bytes + Int.random(in: 0..<700_000)
            for _ in 0..<5000 where forwarder.bytes < next { try await Task.sleep(for: .milliseconds(1)) }
            forwarder.cut()
        }
    }

    @Test("RESUME-1 a stream carries bytes both ways, a half-close, and ends")
    func plain() async throws {
        try await StreamBed(serve: Self.echo).run { bed in
            let stream = bed.client.open("echo")
            try await stream.write(ByteBuffer(string: "hello"))
            stream.finish()
            var text = ""
            for try await bytes in stream { text += String(buffer: bytes) }
            #expect(text == "hello")
            let outcome = try await stream.outcome
            #expect(outcome == .done)
        }
    }

    @Test("RESUME-3 20 MB come back, every byte once, while the connection is reset 40 times")
    func cuts() async throws {
        try await StreamBed(serve: Self.echo).run { bed in
            let stream = bed.client.open("echo")
            let total = 20_000_000
            try await withThrowingTaskGroup { group in
                group.addTask {
                    do {
                        try await Self.readAll(stream, expecting: total)
                    } catch {
                        // The writer ends, too.
                        stream.reset()
                        throw error
                    }
                }
                group.addTask { try await Self.cut(bed.forwarder, times: 40) }
                group.addTask {
                    var position = 0
                    while position < total {
                        let count = min(Int.random(in: 1..<60_000), total - position)
                        try await stream.write(Self.pattern(position..<position + count))
                        position += count
                    }
                    stream.finish()
                }
                try await group.waitForAll()
            }
            let outcome = try await stream.outcome
            #expect(outcome == .done)
            #expect(bed.log.all.contains { $0.contains("stream resumed") })
        }
    }

    @Test("RESUME-2 a wrong token is refused, and the application gets an error")
    func wrongToken() async throws {
        try await StreamBed(clientToken: [UInt8](repeating: 8, count: 32), serve: Self.echo).run { bed in
            let stream = bed.client.open("echo")
            await #expect(throws: ResumableStreamError.lost) { _ = try await stream.read() }
            let outcome = try await stream.outcome
            #expect(outcome == .notAuthenticated)
        }
    }

    @Test("RESUME-2 a reset arrives after the bytes before it, also across a lost connection")
    func reset() async throws {
        let stream = Received()
        try await StreamBed(serve: stream.collect).run { bed in
            let own = bed.client.open("collect")
            try await own.write(ByteBuffer(string: "before "))
            try await stream.wait { $0.text.contains("before ") }
            bed.forwarder.isRefusing = true
            bed.forwarder.cut()
            try await own.write(ByteBuffer(string: "the reset"))
            own.reset()
            bed.forwarder.isRefusing = false
            try await stream.wait { $0.error != nil }
            #expect(stream.current.text == "before the reset")
            #expect(stream.current.error as? ResumableStreamError == .reset)
            let outcome = try await own.outcome
            #expect(outcome == .done)
        }
    }

    @Test("RESUME-2 when patience is over, both applications get an error")
    func patience() async throws {
        var patience = ClientStream.Patience()
        patience.resume = .seconds(1)
        var options = StreamServerOptions()
        options.longestRetention = .seconds(2)
        let stream = Received()
        try await StreamBed(patience: patience, options: options, serve: stream.collect).run { bed in
            let own = bed.client.open("collect")
            try await own.write(ByteBuffer(string: "text"))
            try await stream.wait { $0.text == "text" }
            bed.forwarder.isRefusing = true
            bed.forwarder.cut()
            await #expect(throws: ResumableStreamError.lost) { _ = try await own.read() }
            let outcome = try await own.outcome
            #expect(outcome == .patience)
            try await stream.wait { $0.error != nil }
            #expect(stream.current.error as? ResumableStreamError == .lost)
        }
    }
}
