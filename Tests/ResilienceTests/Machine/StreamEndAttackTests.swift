@testable import SluiceResilience
import Testing

/// An end against another end that lies.
@Suite("Stream end, bad input")
struct StreamEndAttackTests {
    @Test("RESUME-2 an acknowledgement of what was not sent, or of less than before, is refused")
    func acknowledgements() throws {
        var end = try EndDialogue(window: 2)
        end.application("abcdef")
        #expect(end.output() == [.data("ab")])
        #expect(throws: StreamCause.protocolError) { try end.input(.ack(3)) }
        #expect(throws: StreamCause.protocolError) { try end.input(.ack(.max)) }
        #expect(try end.input(.ack(2)) == [])
        #expect(throws: StreamCause.protocolError) { try end.input(.ack(1)) }
        #expect(end.end.keptBytes == 4)
    }

    @Test("RESUME-2 on a new connection, too, only what was sent on it or received before can be acknowledged")
    func acknowledgedLater() throws {
        var end = try EndDialogue()
        end.application("abcdef")
        _ = end.output()
        try end.attach(received: 2, written: 1)
        #expect(throws: StreamCause.protocolError) { try end.input(.ack(3)) }
        _ = end.output(limit: 6)
        #expect(try end.input(.ack(3)) == [])
    }

    @Test("RESUME-2 bytes beyond the window are refused")
    func beyondTheWindow() throws {
        var end = try EndDialogue(bufferBytes: 4)
        #expect(try end.input(.data("abcd")) == ["data abcd"])
        #expect(throws: StreamCause.protocolError) { try end.input(.data("e")) }
        var other = try EndDialogue(bufferBytes: 4)
        #expect(throws: StreamCause.protocolError) { try other.input(.data("abcde")) }
    }

    @Test("RESUME-2 nothing follows an end: data and FIN after FIN, anything after RST")
    func afterTheEnd() throws {
        for (first, second) in [
            (Segment.finish, Segment.data("a")), (.finish, .finish), (.reset, .data("a")), (.reset, .finish),
            (.reset, .reset),
        ] {
            var end = try EndDialogue()
            _ = try end.input(first)
            #expect(throws: StreamCause.protocolError, "\(first) \(second)") { try end.input(second) }
        }
        var end = try EndDialogue()
        #expect(try end.input(.finish, .reset) == ["FIN", "RST"])
    }

    @Test("RESUME-2 a done before everything has arrived is refused: no silent truncation")
    func earlyDone() throws {
        var end = try EndDialogue()
        #expect(throws: StreamCause.protocolError) { try end.input(.close(.done)) }
        var sending = try EndDialogue()
        sending.application("abc")
        sending.end.finish()
        _ = sending.output()
        #expect(throws: StreamCause.protocolError) { try sending.input(.finish, .ack(4), .close(.done)) }
        // The FIN was received, but the application has not taken it.
        var taking = try EndDialogue()
        taking.end.finish()
        _ = taking.output()
        #expect(throws: StreamCause.protocolError) { try taking.input(.ack(1), .finish, .close(.done)) }
    }

    @Test("RESUME-2 nothing counts after a close, or without a connection")
    func afterClose() throws {
        var end = try EndDialogue()
        #expect(try end.input(.close(.shutdown), .data("abc"), .finish) == ["closed shutdown"])
        #expect(end.end.received == 0)
        end.end.detach()
        #expect(try end.input(.data("abc")) == [])
        #expect(end.end.received == 0)
    }

    @Test("RESUME-2 positions of a hello or a welcome that can't be are refused, and change nothing")
    func positions() throws {
        var end = try EndDialogue()
        end.application("abcdef")
        _ = end.output(limit: 9)  // abcd
        #expect(try end.input(.ack(2)) == [])
        for (received, written) in [(5, 2), (4, 1), (1, 1), (3, 4), (UInt64.max, 2), (UInt64.max, UInt64.max)]
            as [(UInt64, UInt64)]
        {
            #expect(throws: StreamCause.offsetOutside, "received \(received), written \(written)") {
                try end.attach(received: received, written: written)
            }
            #expect(end.end.keptBytes == 4)
        }
        try end.attach(received: 4, written: 3)
        #expect(end.output() == [.data("ef")])
    }

    @Test("RESUME-2 an other end that never acknowledges costs the buffer, and no more")
    func neverAcknowledges() throws {
        var end = try EndDialogue(bufferBytes: 10_000, window: .max)
        while end.end.acceptsBytes { end.application("0123456789") }
        #expect(end.end.keptBytes == 10_000)
        for _ in 0..<50 {
            _ = end.output()
            try end.attach()
        }
        #expect(end.end.keptBytes == 10_000)
    }

    @Test("RESUME-2 a write that finishes after the end of the stream is harmless")
    func lateWrite() throws {
        var limits = StreamLimits()
        limits.bufferBytes = 100
        let now = ContinuousClock.now
        let id = StreamID(high: 1, low: 2)
        var server = ServerStream(
            Hello(kind: .new, id: id, epoch: 1, patienceSeconds: 5, window: 100, target: "a:1"), identity: "i", on: 1,
            limits: limits, longestRetention: .seconds(60), now: now)
        _ = server.opened(now: now)
        try Segment.data("abc").encoded.withUnsafeBytes { buffer in
            var position = 0
            while try server.end.receive(buffer, &position, now: now) != nil {}
        }
        Array("xyz".utf8).withUnsafeBytes { server.end.send($0) }
        #expect(server.close(.shutdown, now: now) == [.abandon(1), .end(.shutdown)])
        server.end.wrote(upTo: 3, now: now)
        Array("more".utf8).withUnsafeBytes { server.end.send($0) }
        #expect(server.end.keptBytes == 0)
    }
}
