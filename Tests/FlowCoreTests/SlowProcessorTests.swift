import FlowCore
import FlowLayout
import FlowModel
import Testing

/// A processor pauses while it judges a segment, and others continue with the session.
@Suite("Slow processors")
struct SlowProcessorTests {
    private let bench = ModelBench()
    private let frames = FrameBuilder()
    private let ack = TCPFlags.ack

    private func judge(_ frame: [UInt8], fromOriginator: Bool) -> Verdict {
        bench.judge(
            frame, Circumstances(zone: fromOriginator ? 1 : 2, routeZone: fromOriginator ? 2 : 1, now: 100))
    }

    private func fromOriginator(
        _ flags: UInt8, _ sequence: UInt32, _ acknowledgment: UInt32 = 0, length: Int = 0
    ) -> Verdict {
        judge(
            frames.tcp(flags: flags, sequence: sequence, acknowledgment: acknowledgment, payload: length),
            fromOriginator: true)
    }

    private func fromResponder(
        _ flags: UInt8, _ sequence: UInt32, _ acknowledgment: UInt32, length: Int = 0
    ) -> Verdict {
        judge(
            frames.reversed.tcp(flags: flags, sequence: sequence, acknowledgment: acknowledgment, payload: length),
            fromOriginator: false)
    }

    private func session() throws -> (sluice_session, ControlWord) {
        try #require(bench.session(TCPScript("", "").key(of: frames)))
    }

    @Test("KEEP-3 SESS-8 a SYN on a slow processor changes nothing that others have established meanwhile")
    func syn() throws {
        #expect(fromOriginator(TCPFlags.syn, 999) == .forward)
        bench.tables.meanwhile = {
            #expect(fromResponder(TCPFlags.syn | ack, 4999, 1000) == .forward)
            #expect(fromOriginator(ack, 1000, 5000, length: 10) == .forward)
        }
        // Another attempt of the originator, or a forged SYN.
        #expect(fromOriginator(TCPFlags.syn, 3_000_000_000) == .forward)
        #expect(bench.tables.meanwhile == nil)
        let (found, word) = try session()
        #expect(word.state == .established)
        #expect(found.originator.initialSequence == 999 && found.originator.sequenceEnd == 1010)
        #expect(found.originator.flags & EndFlags.acknowledgment != 0)
        #expect(fromResponder(ack, 5000, 1010, length: 10) == .forward)
        #expect(fromOriginator(ack, 1010, 5010) == .forward)
    }

    @Test("KEEP-3 SESS-8 an ACK on a slow processor does not move back what others have advanced meanwhile")
    func adoption() throws {
        // The SYN-ACK answers the first of two SYNs. It and its ACK complete the handshake.
        #expect(fromOriginator(TCPFlags.syn, 999) == .forward)
        #expect(fromOriginator(TCPFlags.syn, 3_000_000_000) == .forward)
        #expect(fromResponder(TCPFlags.syn | ack, 4999, 1000) == .forward)
        // The slow processor has found the SYN-ACK, and looks for the SYN.
        bench.tables.lookupsBefore = 1
        bench.tables.meanwhile = {
            #expect(fromOriginator(ack, 1000, 5000, length: 10) == .forward)
            #expect(fromResponder(ack, 5000, 1010, length: 20) == .forward)
        }
        #expect(fromOriginator(ack, 1000, 5000) == .forward)
        #expect(bench.tables.meanwhile == nil)
        let (found, word) = try session()
        #expect(word.state == .established)
        #expect(found.originator.sequenceEnd == 1010 && found.responder.sequenceEnd == 5020)
        #expect(fromOriginator(ack, 1010, 5020) == .forward)
        let slab = bench.tables.table.slabs[0]
        #expect(slab.halfOpenBegun == 1 && slab.halfOpenLeft == 1)
    }

    @Test("SESS-8 a new SYN of an end replaces its flags and window scale, and keeps the adjacent fields")
    func flags() {
        var end = sluice_flow_end()
        end.zone = 7
        end.groupRulePart = 9
        end.flags = EndFlags.scaleOffered
        withUnsafeMutablePointer(to: &end) { end in
            end.noteSyn(sequence: 5, payloadLength: 0, window: 100, windowScale: 0xFF)
            #expect(end.pointee.flags == EndFlags.syn && end.pointee.windowScale == 0)
            end.noteSyn(sequence: 5, payloadLength: 0, window: 100, windowScale: 7)
        }
        #expect(end.flags == EndFlags.syn | EndFlags.scaleOffered && end.windowScale == 0x77)
        #expect(end.zone == 7 && end.groupRulePart == 9)
    }
}
