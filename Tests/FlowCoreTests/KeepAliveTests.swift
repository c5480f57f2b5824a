import FlowCore
import FlowLayout
import FlowModel
import Testing

/// RFC 9293, 3.8.4: a keep-alive has SEG.SEQ = SND.NXT - 1, and one byte of garbage or none.
@Suite("Keep-alive probes that are seen")
struct KeepAliveTests {
    private static let handshake = """
        > S 999                    => forward
        < SA 4999 ack 1000         => forward
        > PA 1000 ack 5000 len 10  => forward
        < PA 5000 ack 1010 len 10  => forward
        > A 1010 ack 5010          => forward

        """

    /// The levels of the originator and of the responder after the lines.
    private func levels(_ lines: String, isIPv6: Bool = false) throws -> [UInt8] {
        let bench = ModelBench()
        let frames = FrameBuilder()
        let script = TCPScript("", Self.handshake + lines)
        #expect(script.play(on: bench, frames: frames) == [])
        let session = try #require(bench.session(script.key(of: frames))).0
        return [KeepAlive.level(of: session.originator), KeepAlive.level(of: session.responder)]
    }

    @Test("RISK-4 a probe of either end is seen, with a byte or without")
    func probes() throws {
        #expect(try levels("") == [0, 0])
        #expect(try levels("> A 1009 ack 5010 => forward") == [1, 0])
        #expect(try levels("> A 1009 ack 5010 len 1 => forward") == [1, 0])
        #expect(try levels("< A 5009 ack 1010 => forward") == [0, 1])
        #expect(try levels("> A 1009 ack 5010 => forward\n< A 5010 ack 1010 => forward") == [1, 0])
    }

    @Test("RISK-4 acknowledgments, data that is sent again, and FINs are no probes")
    func others() throws {
        for line in [
            "> A 1010 ack 5010", "> PA 1009 ack 5010 len 1", "> PA 1000 ack 5010 len 10", "> PA 1010 ack 5010 len 1",
            "> A 1008 ack 5010", "> A 1009 ack 5010 len 2", "> FA 1009 ack 5010", "> A 1010 ack 5010 len 1",
        ] {
            #expect(try levels("\(line) => forward") == [0, 0], "\(line)")
        }
    }

    @Test("RISK-4 the handshake's own segments are no probes")
    func handshake() throws {
        let bench = ModelBench()
        let script = TCPScript(
            "",
            """
            > S 999             => forward
            > S 999             => forward
            < SA 4999 ack 1000  => forward
            < SA 4999 ack 1000  => forward
            > A 1000 ack 5000   => forward
            > A 1000 ack 5000   => forward
            """)
        #expect(script.play(on: bench) == [])
        let session = try #require(bench.session(script.key(of: FrameBuilder()))).0
        #expect(KeepAlive.level(of: session.originator) == 0 && KeepAlive.level(of: session.responder) == 0)
    }

    @Test(
        "RISK-4 the level says how long the session had been idle",
        arguments: [
            (1.0, 1), (17, 1), (18, 2), (30, 2), (60, 3), (75, 4), (120, 4), (200, 5), (300, 6), (600, 7), (7200, 7),
        ])
    func level(seconds: Double, level: UInt8) throws {
        let ticks = Int(seconds * 1e9) >> 24
        let probe = "+\(ticks)\n> A 1009 ack 5010 => forward"
        #expect(try levels(probe) == [level, 0])
        let limits = KeepAlive.idleTicks(ofLevel: level)
        #expect(Int(limits.least) <= ticks && ticks < limits.end.map(Int.init) ?? .max)
        // The last probe counts.
        #expect(try levels(probe + "\n+5\n> A 1009 ack 5010 => forward") == [1, 0])
    }

    @Test("RISK-4 the other flags of the end stay, and a new handshake clears the level")
    func flags() throws {
        let bench = ModelBench()
        let script = TCPScript("", Self.handshake)
        #expect(script.play(on: bench) == [])
        let key = script.key(of: FrameBuilder())
        let before = try #require(bench.session(key)).0.originator.flags
        #expect(TCPScript("", "> A 1009 ack 5010 => forward").play(on: bench) == [])
        let after = try #require(bench.session(key)).0.originator.flags
        #expect(after == before | 1 << 5)
        bench.transition(key, to: .resetting, tick: 1001)
        #expect(TCPScript("", "> S 70000 => forward synSent").play(on: bench, from: 1002) == [])
        #expect(KeepAlive.level(of: try #require(bench.session(key)).0.originator) == 0)
    }
}
