import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("Packet parser")
struct ParserTests {
    private func parse(_ frame: [UInt8], segmentSize: UInt32 = 0) -> (Verdict, sluice_packet) {
        var packet = sluice_packet()
        let verdict = PacketParser.parse(
            FrameBytes(frame, segmentSize: segmentSize), linkHeaderLength: 14,
            etherType: UInt16(frame[12]) << 8 | UInt16(frame[13]), into: &packet)
        return (verdict, packet)
    }

    @Test("BAD-1 fuzzed and truncated frames: what is parsed lies within the frame")
    func fuzz() {
        let seed = RandomSource.runSeed()
        print("parser fuzz: SLUICE_SEED=\(seed)")
        var fuzzer = FrameFuzzer(seed: seed)
        var parsed = 0
        for number in 0..<200_000 {
            let (frame, circumstances) = fuzzer.next(now: 0)
            let (verdict, packet) = parse(frame, segmentSize: circumstances.segmentSize)
            guard verdict.isAction(.parsed) else { continue }
            parsed += 1
            let length = UInt32(packet.networkOffset) + packet.length
            let isSound =
                length <= frame.count && packet.transportOffset >= packet.networkOffset
                && packet.payloadLength <= packet.length && packet.wireBytes >= packet.length
                && packet.wirePackets >= 1 && PacketKind(rawValue: packet.kind) != nil
                && (packet.windowScale == 0xFF || packet.windowScale <= 14)
            guard isSound else {
                Issue.record("frame \(number) of SLUICE_SEED=\(seed): \(packet)")
                return
            }
        }
        #expect(parsed > 50_000)
    }

    @Test("BAD-1 every truncation of a good frame is malformed", arguments: [false, true])
    func truncation(isIPv6: Bool) {
        var frames = FrameBuilder()
        if isIPv6 {
            frames.source = "fd00:1::1"
            frames.destination = "fd00:2::1"
        }
        let frame = frames.tcp(flags: TCPFlags.ack, sequence: 1, acknowledgment: 2, payload: 7, options: [1, 1, 1, 1])
        #expect(parse(frame).0 == .parsed)
        for length in 14..<frame.count {
            #expect(parse(Array(frame.prefix(length))).0 == .drop(.malformed), "\(length) bytes")
        }
    }

    @Test("BAD-1 a wrong IPv4 header checksum is malformed")
    func checksum() {
        var frame = FrameBuilder().udp()
        frame[24] ^= 1
        #expect(parse(frame).0 == .drop(.malformed))
    }

    @Test("SESS-8 the key is the same in both directions, and the sender's side is known")
    func key() {
        let frames = FrameBuilder()
        let there = parse(frames.tcp(flags: TCPFlags.ack, sequence: 1)).1
        let back = parse(frames.reversed.tcp(flags: TCPFlags.ack, sequence: 1)).1
        let same = withUnsafeBytes(of: there.key) { there in
            withUnsafeBytes(of: back.key) { there.elementsEqual($0) }
        }
        #expect(same)
        #expect(there.flags & PacketFlags.sourceIsLow != back.flags & PacketFlags.sourceIsLow)
    }

    @Test("SESS-8 IPv6 extension headers are read, and source routing is refused")
    func extensions() {
        var frames = FrameBuilder()
        frames.source = "fd00:1::1"
        frames.destination = "fd00:2::1"
        frames.extensions = [(0, [0, 0, 1, 4, 0, 0, 0, 0]), (60, [0, 1] + [UInt8](repeating: 0, count: 14))]
        let (verdict, packet) = parse(frames.tcp(flags: TCPFlags.syn, sequence: 5))
        #expect(verdict == .parsed && packet.kind == PacketKind.tcp.rawValue && packet.sequence == 5)
        #expect(packet.flags & PacketFlags.options != 0 && packet.transportOffset == 14 + 40 + 8 + 16)
        frames.extensions = [(43, [0, 0, 0, 1, 0, 0, 0, 0])]
        #expect(parse(frames.tcp(flags: TCPFlags.syn, sequence: 5)).0 == .drop(.unsupported))
        frames.extensions = [(60, [0, 200, 0, 0, 0, 0, 0, 0])]
        #expect(parse(frames.tcp(flags: TCPFlags.syn, sequence: 5)).0 == .drop(.malformed))
    }

    @Test("SESS-10 a super-packet counts as the packets that it becomes on the wire")
    func segmentation() {
        let frame = FrameBuilder().tcp(flags: TCPFlags.ack, sequence: 1, payload: 3000)
        let packet = parse(frame, segmentSize: 1448).1
        #expect(packet.wirePackets == 3 && packet.wireBytes == 3040 + 2 * 40 && packet.segmentLength == 1488)
    }
}
