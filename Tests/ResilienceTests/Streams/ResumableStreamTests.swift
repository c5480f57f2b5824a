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

    @Test("RESUME-2 a connection is replaced before it gets old, and nothing is noticed")
    func renewal() async throws {
        var patience = ClientStream.Patience()
        patience.renewAfter = .milliseconds(100)
        try await StreamBed(patience: patience, serve: Self.echo).run { bed in
            let stream = bed.client.open("echo")
            for number in 0..<200 {
                try await stream.write(ByteBuffer(integer: number))
                var answer = ByteBuffer()
                while answer.readableBytes < 8 {
                    var next = try #require(try await stream.read())
                    answer.writeBuffer(&next)
                }
                #expect(answer == ByteBuffer(integer: number))
                try await Task.sleep(for: .milliseconds(5))
            }
            stream.finish()
            #expect(try await stream.read() == nil)
            #expect(bed.log.all.filter { $0.contains("stream resumed") }.count >= 6)
            // The one that is replaced was not lost.
            #expect(!bed.log.all.contains { $0.contains("connection lost number") })
        }
    }

    @Test("RESUME-3 a connection that is silent, without a reset, is replaced")
    func silence() async throws {
        var options = StreamServerOptions()
        options.limits.answerWithin = .milliseconds(900)
        try await StreamBed(options: options, serve: Self.echo).run { bed in
            let stream = bed.client.open("echo")
            try await stream.write(ByteBuffer(string: "a"))
            #expect(try await stream.read() == ByteBuffer(string: "a"))
            bed.forwarder.isSilent = true
            try await stream.write(ByteBuffer(string: "b"))
            // Until the ping has been swallowed, too. Connections that are new by then are not silent.
            for _ in 0..<3000 where !bed.log.all.contains(where: { $0.contains("the server is silent") }) {
                try await Task.sleep(for: .milliseconds(10))
            }
            bed.forwarder.isSilent = false
            // What the forwarder has swallowed is sent again on another connection.
            #expect(try await stream.read() == ByteBuffer(string: "b"))
            #expect(bed.log.all.contains { $0.contains("the server is silent") })
        }
    }

    @Test("RESUME-2 a full server refuses new streams by name, and the ones that it has go on")
    func full() async throws {
        var options = StreamServerOptions()
        options.maximumStreams = 2
        try await StreamBed(options: options, serve: Self.echo).run { bed in
            let streams = [bed.client.open("echo"), bed.client.open("echo")]
            for stream in streams {
                try await stream.write(ByteBuffer(string: "a"))
                #expect(try await stream.read() == ByteBuffer(string: "a"))
            }
            let refused = bed.client.open("echo")
            await #expect(throws: ResumableStreamError.lost) { _ = try await refused.read() }
            let outcome = try await refused.outcome
            #expect(outcome == .full)
            bed.forwarder.cut()
            for stream in streams {
                try await stream.write(ByteBuffer(string: "b"))
                #expect(try await stream.read() == ByteBuffer(string: "b"))
            }
            // The place of one that ends is free again.
            streams[0].finish()
            #expect(try await streams[0].read() == nil)
            let first = try await streams[0].outcome
            #expect(first == .done)
            let next = bed.client.open("echo")
            try await next.write(ByteBuffer(string: "c"))
            #expect(try await next.read() == ByteBuffer(string: "c"))
        }
    }
}
