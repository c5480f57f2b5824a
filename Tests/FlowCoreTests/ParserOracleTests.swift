import FlowCore
import FlowLayout
import FlowModel
import Testing

/// Compares the packet path's parser with one that shares no code with it.
@Suite("Packet parser against the RFCs")
struct ParserOracleTests {
    static let frames = 1_000_000

    @Test("BAD-1 SESS-8 a million frames: the parser agrees with one written from the RFCs")
    func agree() {
        let seed = RandomSource.runSeed()
        print("parser oracle: SLUICE_SEED=\(seed)")
        var fuzzer = FrameFuzzer(seed: seed)
        var kinds: [String: Int] = [:]
        for number in 0..<Self.frames {
            let (frame, circumstances) = fuzzer.next(now: 0)
            let expected = ReferenceParser.parse(frame, segmentSize: Int(circumstances.segmentSize))
            if let difference = ParserComparison.difference(
                frame, segmentSize: circumstances.segmentSize, expected)
            {
                let hex = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                Issue.record("frame \(number) of SLUICE_SEED=\(seed): \(difference)\n\(hex)")
                return
            }
            kinds[ParserComparison.name(expected), default: 0] += 1
        }
        print("parser oracle: \(kinds.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" })")
        // A kind that the fuzzer never reaches is not tested.
        for name in [
            "notIP", "malformed", "unsupported", "invalidFlags", "tcp", "udp", "echoRequest", "echoReply", "icmpError",
            "icmpOther", "other", "laterFragment",
        ] {
            #expect(kinds[name, default: 0] > Self.frames / 5000, "\(name)")
        }
    }

    @Test(
        "BAD-1 a chain of extension headers that is not read to its end is malformed, whatever follows it",
        arguments: [8, 9, 10, 64], [UInt8(60), 43])
    func longChain(count: Int, number: UInt8) {
        var frames = FrameBuilder()
        frames.source = "fd00:1::1"
        frames.destination = "fd00:2::1"
        frames.extensions = (0..<count).map { _ in (number, [UInt8](repeating: 0, count: 8)) }
        var packet = sluice_packet()
        let frame = frames.udp()
        let verdict = PacketParser.parse(FrameBytes(frame), linkHeaderLength: 14, etherType: 0x86DD, into: &packet)
        #expect(verdict == (count > 8 ? .drop(.malformed) : .parsed))
        if count <= 8 { #expect(packet.kind == PacketKind.udp.rawValue && packet.key.protocol == IPProtocol.udp) }
    }

    @Test("BAD-1 a fragment of a fragment is malformed, and so is a quote that ends within its headers")
    func nestedFragments() {
        var frames = FrameBuilder()
        frames.source = "fd00:1::1"
        frames.destination = "fd00:2::1"
        frames.extensions = [(44, [0, 0, 0, 1, 0, 0, 0, 1]), (44, [0, 0, 0, 0, 0, 0, 0, 2])]
        #expect(ParserComparison.parse(frames.udp()).0 == .drop(.malformed))
        // The quote announces 64 bytes of extension headers, and has 8.
        let quote = frames.reversed
        var chained = quote
        chained.extensions = [(60, [0, 7] + [UInt8](repeating: 0, count: 62))]
        frames.extensions = []
        let error = frames.icmp(type: 1, rest: Array(chained.packet(protocol: 17, [UInt8](1...8)).prefix(48)))
        #expect(ParserComparison.parse(error).0 == .drop(.malformed))
    }

    @Test("BAD-1 a packet with a Shim6 header can't be judged: unsupported")
    func shim6() {
        var frames = FrameBuilder()
        frames.source = "fd00:1::1"
        frames.destination = "fd00:2::1"
        #expect(ParserComparison.parse(frames.frame(protocol: 140, [UInt8](1...16))).0 == .drop(.unsupported))
        frames.source = "10.0.0.1"
        frames.destination = "10.0.0.2"
        #expect(ParserComparison.parse(frames.frame(protocol: 140, [UInt8](1...16))).0 == .parsed)
    }
}

/// Compares the parser's result with the reference's.
enum ParserComparison {
    static func parse(_ frame: [UInt8], segmentSize: UInt32 = 0) -> (Verdict, sluice_packet) {
        var packet = sluice_packet()
        let verdict = PacketParser.parse(
            FrameBytes(frame, segmentSize: segmentSize), linkHeaderLength: 14,
            etherType: UInt16(frame[12]) << 8 | UInt16(frame[13]), into: &packet)
        return (verdict, packet)
    }

    static func name(_ verdict: ReferenceVerdict) -> String {
        if case .packet(let packet) = verdict { return packet.kind.rawValue }
        return "\(verdict)"
    }

    /// The difference; nil: none.
    static func difference(_ frame: [UInt8], segmentSize: UInt32, _ expected: ReferenceVerdict) -> String? {
        let (verdict, packet) = parse(frame, segmentSize: segmentSize)
        switch expected {
        case .notIP: return verdict == .host ? nil : "\(verdict), not IP"
        case .malformed: return verdict == .drop(.malformed) ? nil : "\(verdict), malformed"
        case .unsupported: return verdict == .drop(.unsupported) ? nil : "\(verdict), unsupported"
        case .invalidFlags: return verdict == .drop(.invalidFlags) ? nil : "\(verdict), invalid flags"
        case .packet(let wanted):
            guard verdict == .parsed else { return "\(verdict), a packet: \(wanted)" }
            let found = reference(packet)
            let same = found.kind == wanted.kind && isSame(found, wanted)
            return same ? nil : "found \(found), expected \(wanted)"
        }
    }

    /// The parser's result, in the reference's form.
    private static func reference(_ packet: sluice_packet) -> ReferencePacket {
        var found = ReferencePacket()
        let kinds: [PacketKind: ReferencePacket.Kind] = [
            .tcp: .tcp, .udp: .udp, .echoRequest: .echoRequest, .echoReply: .echoReply, .icmpError: .icmpError,
            .icmpOther: .icmpOther, .other: .other, .laterFragment: .laterFragment,
        ]
        found.kind = PacketKind(rawValue: packet.kind).flatMap { kinds[$0] } ?? .other
        found.isIPv6 = packet.key.family == 6
        found.number = packet.key.protocol
        let isLow = packet.flags & 1 != 0
        found.source = bytes(isLow ? packet.key.lowAddress : packet.key.highAddress, found.isIPv6)
        found.destination = bytes(isLow ? packet.key.highAddress : packet.key.lowAddress, found.isIPv6)
        found.sourcePort = isLow ? packet.key.lowPort : packet.key.highPort
        found.destinationPort = isLow ? packet.key.highPort : packet.key.lowPort
        found.senderAsks = packet.key.echoAsker == 0 ? nil : (packet.key.echoAsker == 1) == isLow
        found.sequence = packet.sequence
        found.acknowledgment = packet.acknowledgment
        found.controlBits = packet.tcpFlags
        found.window = packet.window
        found.windowShift = packet.windowScale == 0xFF ? nil : packet.windowScale
        found.isSigned = packet.flags & PacketFlags.signed != 0
        found.fragmentOffset = Int(packet.fragmentOffset)
        found.identification = packet.identification
        found.payloadLength = Int(packet.payloadLength)
        found.hasOptions = packet.flags & PacketFlags.options != 0
        if found.kind == .laterFragment {
            found.moreFragments = packet.flags & PacketFlags.lastFragment == 0
        } else {
            found.moreFragments = packet.flags & PacketFlags.firstFragment != 0
        }
        return found
    }

    private static func isSame(_ found: ReferencePacket, _ wanted: ReferencePacket) -> Bool {
        var wanted = wanted
        // The identification of an error is the quoted packet's. It is used only if the error quotes a later fragment.
        if wanted.kind == .icmpError, wanted.fragmentOffset == 0 { wanted.identification = found.identification }
        // The payload length of other protocols is not used.
        if wanted.kind == .other { wanted.payloadLength = found.payloadLength }
        return found == wanted
    }

    private static func bytes(_ address: sluice_address, _ isIPv6: Bool) -> [UInt8] {
        var all: [UInt8] = []
        for half in [address.high, address.low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) { all.append(UInt8(half >> shift & 0xFF)) }
        }
        if isIPv6 { return all }
        return all.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] ? Array(all.suffix(4)) : all
    }
}
