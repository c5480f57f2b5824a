@testable import SluiceResilience
import Testing

/// One end of a stream, frame by frame.
@Suite("Stream end")
struct StreamEndTests {
    // MARK: Data

    @Test("RESUME-2 established_data: bytes are sent once, and kept until they are acknowledged")
    func data() throws {
        var end = try EndDialogue()
        end.application("abc")
        #expect(end.output() == [.data("abc")])
        #expect(end.output() == [])
        #expect(end.end.keptBytes == 3)
        #expect(try end.input(.ack(2)) == [])
        #expect(end.end.keptBytes == 1)
        #expect(try end.input(.data("xyz")) == ["data xyz"])
        end.take()
        #expect(end.output() == [.ack(3)])
    }

    @Test("RESUME-3 resumed_data: exactly what the other end has not received is sent again")
    func resumed() throws {
        for received in 0...6 as ClosedRange<UInt64> {
            var end = try EndDialogue()
            end.application("abcdef")
            #expect(end.output() == [.data("abcdef")])
            try end.attach(received: received)
            #expect(end.output() == (received == 6 ? [] : [.data(String("abcdef".dropFirst(Int(received))))]))
        }
    }

    @Test("RESUME-3 resumed_ends: a FIN and a RST take a position each, and are sent again like bytes")
    func resumedEnds() throws {
        let expected: [[Segment]] = [
            [.data("ab"), .finish, .reset], [.data("b"), .finish, .reset], [.finish, .reset], [.reset], [],
        ]
        for received in 0...4 as ClosedRange<UInt64> {
            var end = try EndDialogue()
            end.application("ab")
            end.end.finish()
            end.end.reset(now: end.now)
            #expect(end.output() == expected[0])
            try end.attach(received: received)
            #expect(end.output() == expected[Int(received)])
        }
    }

    @Test("RESUME-2 window_closed: no byte is sent beyond the window, and the FIN waits for all bytes")
    func window() throws {
        var end = try EndDialogue(window: 4)
        end.application("abcdef")
        end.end.finish()
        #expect(end.output() == [.data("abcd")])
        #expect(!end.end.hasOutput(now: end.now))
        #expect(try end.input(.ack(1)) == [])
        #expect(end.output() == [.data("e")])
        #expect(try end.input(.ack(2)) == [])
        #expect(end.output() == [.data("f"), .finish])
    }

    @Test("RESUME-2 buffer_full: the application is not read while the buffer is full")
    func buffer() throws {
        var end = try EndDialogue(bufferBytes: 4)
        #expect(end.end.acceptsBytes)
        end.application("abcd")
        #expect(!end.end.acceptsBytes)
        _ = end.output()
        #expect(try end.input(.ack(1)) == [])
        #expect(end.end.acceptsBytes)
    }

    // MARK: Acknowledgements

    @Test("RESUME-2 taken_late: what the application takes is acknowledged after 200 ms, or with data")
    func late() throws {
        var end = try EndDialogue()
        #expect(try end.input(.data("abc")) == ["data abc"])
        #expect(!end.end.hasOutput(now: end.now))
        #expect(end.wait(.milliseconds(300)) == .none)
        end.take()
        #expect(end.wait(.milliseconds(199)) == .none)
        #expect(end.wait(.milliseconds(1)) == .output)
        #expect(end.output() == [.ack(3)])
        #expect(try end.input(.data("d")) == ["data d"])
        end.take()
        end.application("x")
        #expect(end.output() == [.ack(4), .data("x")])
    }

    @Test("RESUME-2 taken_much: a quarter of a small buffer, and the end of a direction, are acknowledged at once")
    func atOnce() throws {
        var end = try EndDialogue(bufferBytes: 8)
        #expect(try end.input(.data("a")) == ["data a"])
        end.take()
        #expect(!end.end.hasOutput(now: end.now))
        #expect(try end.input(.data("b")) == ["data b"])
        end.take()
        #expect(end.end.hasOutput(now: end.now))
        #expect(end.output() == [.ack(2)])
        #expect(try end.input(.finish) == ["FIN"])
        end.take()
        #expect(end.output() == [.ack(3)])
    }

    @Test("RESUME-3 taken_between: what the application took after the hello is acknowledged on the new connection")
    func takenBetween() throws {
        var end = try EndDialogue(isClient: true)
        #expect(try end.input(.data("abc")) == ["data abc"])
        end.end.detach()
        // The hello says 0. The application takes three bytes before the welcome.
        end.take()
        try end.end.attach(received: 0, written: 0, announced: 0, window: 100, now: end.now)
        #expect(end.wait(.milliseconds(200)) == .output)
        #expect(end.output() == [.ack(3)])
    }

    // MARK: How it ends

    @Test("RESUME-2 finished_finished: the client says done, and the server answers")
    func done() throws {
        var client = try EndDialogue(isClient: true)
        var server = try EndDialogue()
        client.end.finish()
        #expect(client.output() == [.finish])
        #expect(try server.input(.finish) == ["FIN"])
        server.take()
        server.application("ok")
        server.end.finish()
        #expect(server.output() == [.ack(1), .data("ok"), .finish])
        #expect(try client.input(.ack(1), .data("ok"), .finish) == ["data ok", "FIN"])
        #expect(!client.end.isComplete)
        client.take()
        #expect(client.end.isComplete)
        #expect(!server.end.isComplete)
        #expect(client.output() == [.ack(3), .close(.done)])
        #expect(try server.input(.ack(3), .close(.done)) == ["closed done"])
        #expect(server.output() == [.close(.done)])
        #expect(try client.input(.close(.done)) == ["closed done"])
        #expect(client.output() == [])
    }

    @Test("RESUME-2 halfClosed_data: after a FIN the other direction goes on")
    func halfClosed() throws {
        var end = try EndDialogue()
        #expect(try end.input(.finish) == ["FIN"])
        end.take()
        end.application("still here")
        #expect(end.output() == [.ack(1), .data("still here")])
        #expect(!end.end.isComplete)
    }

    @Test("RESUME-2 reset_unread: an application that reset takes all that comes, and the RST follows its data")
    func reset() throws {
        var end = try EndDialogue()
        #expect(try end.input(.data("abc")) == ["data abc"])
        end.application("xy")
        end.end.reset(now: end.now)
        #expect(end.output() == [.ack(3), .data("xy"), .reset])
        #expect(try end.input(.data("def"), .finish) == [])
        #expect(end.wait(.milliseconds(200)) == .output)
        #expect(end.output() == [.ack(7)])
        #expect(!end.end.isComplete)
        #expect(try end.input(.ack(3)) == [])
        #expect(end.end.isComplete)
    }

    @Test("RESUME-2 reset_windowClosed: a RST that can't follow its data within 10 s ends the stream")
    func lingers() throws {
        var end = try EndDialogue(window: 1)
        end.application("abc")
        end.end.reset(now: end.now)
        #expect(end.output() == [.data("a")])
        // Each byte that is taken is a delay.
        #expect(end.wait(.milliseconds(2900)) == .none)
        #expect(try end.input(.ack(1)) == [])
        #expect(end.output() == [.data("b")])
        #expect(end.wait(.seconds(3)) == .output)
        #expect(end.output() == [.ping])
        #expect(try end.input(.pong) == [])
        #expect(end.wait(.seconds(7)) == .output)
        #expect(end.output() == [.close(.resetLinger)])
        #expect(end.end.closed == .resetLinger)
    }

    @Test("RESUME-2 done_reset: a RST after both FINs does not harm a stream that is done")
    func lateReset() throws {
        var client = try EndDialogue(isClient: true)
        var server = try EndDialogue()
        client.end.finish()
        server.end.finish()
        #expect(server.output() == [.finish])
        #expect(try client.input(.finish) == ["FIN"])
        client.take()
        #expect(client.output() == [.ack(1), .finish])
        #expect(try server.input(.ack(1), .finish) == ["FIN"])
        // The server's application resets, instead of reading the FIN.
        server.end.reset(now: server.now)
        #expect(try client.input(.ack(1)) == [])
        #expect(client.output() == [.close(.done)])
        #expect(try server.input(.close(.done)) == ["closed done"])
        #expect(server.end.isComplete)
        // The RST reaches a client that is done.
        #expect(try client.input(.reset, .close(.done)) == ["closed done"])
    }

    // MARK: Time

    @Test(
        "RESUME-2 idle_keepAlive: after 15 s a ping is sent, and without an answer the connection is lost 9 s later")
    func keepAlive() throws {
        var end = try EndDialogue()
        #expect(end.wait(.seconds(14)) == .none)
        #expect(end.wait(.seconds(1)) == .output)
        #expect(end.output() == [.ping])
        #expect(end.wait(.seconds(8)) == .none)
        #expect(try end.input(.pong) == [])
        #expect(end.wait(.milliseconds(6999)) == .none)
        #expect(end.wait(.milliseconds(1)) == .output)
        #expect(end.output() == [.ping])
        #expect(end.wait(.milliseconds(8999)) == .none)
        #expect(end.wait(.milliseconds(1)) == .lost)
    }

    @Test("RESUME-2 sent_unanswered: a ping after 3 s, and lost after 9 s")
    func ping() throws {
        var end = try EndDialogue()
        end.application("a")
        _ = end.output()
        #expect(end.wait(.milliseconds(2999)) == .none)
        #expect(end.wait(.milliseconds(1)) == .output)
        #expect(end.output() == [.ping])
        #expect(end.wait(.milliseconds(5999)) == .none)
        #expect(end.wait(.milliseconds(1)) == .lost)
    }

    @Test("RESUME-2 sent_answered: a pong is an answer, and any byte is")
    func pong() throws {
        var end = try EndDialogue()
        end.application("a")
        _ = end.output()
        _ = end.wait(.seconds(3))
        #expect(end.output() == [.ping])
        #expect(try end.input([5]) == [])
        #expect(end.wait(.seconds(9)) == .none)
        var other = try EndDialogue()
        #expect(try other.input(.ping, .ping) == [])
        #expect(other.output() == [.pong])
    }

    @Test("RESUME-2 deadlines: after timer and output, the deadline is in the future")
    func deadlines() throws {
        var end = try EndDialogue()
        end.application("a")
        _ = end.output()
        for _ in 0..<100 {
            guard let deadline = end.end.deadline else { break }
            end.now = max(end.now, deadline)
            if end.end.timer(now: end.now) == .lost { break }
            _ = end.output()
            #expect(end.end.deadline.map { $0 > end.now } ?? true)
        }
    }
}
