import FlowCore
import FlowLayout
import FlowModel
import Kernel
import Testing

/// The kernel program against a parser that shares no code with it.
@Suite("Kernel program against the RFCs", .serialized)
struct KernelParserTests {
    static let packets = 1_000_000

    @Test("BAD-1 SESS-8 a million frames: the kernel program agrees with a parser written from the RFCs")
    func agree() throws {
        let seed = RandomSource.runSeed()
        print("kernel parser oracle: SLUICE_SEED=\(seed)")
        let bench = try KernelBench(capacitySessions: 262_144)
        try bench.allow(TestPolicy.everything)
        var fuzzer = FrameFuzzer(seed: seed)
        var number = 0
        var seen: [String: Int] = [:]
        while number < Self.packets {
            let (frame, circumstances) = fuzzer.next(now: 100)
            guard KernelBench.canRun(frame) else { continue }
            number += 1
            let expected = ReferenceParser.parse(frame, segmentSize: Int(circumstances.segmentSize))
            // Every source address belongs to the zone of the ingress interface.
            let place = Circumstances(
                zone: Self.zone(expected), routeZone: 3 - Self.zone(expected), now: 100,
                segmentSize: circumstances.segmentSize)
            let verdict = bench.judge(frame, place)
            seen["\(verdict)", default: 0] += 1
            if let difference = Self.difference(verdict, expected, bench) {
                let hex = frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                Issue.record("packet \(number) of SLUICE_SEED=\(seed): \(difference)\n\(hex)")
                return
            }
        }
        print("kernel parser oracle: \(seen.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" })")
        for verdict in ["forward", "drop(malformed)", "drop(unsupported)", "drop(invalidFlags)", "drop(fragment)"] {
            #expect(seen[verdict, default: 0] > 0, "\(verdict)")
        }
    }

    /// Low addresses belong to zone 1, high ones to zone 2. An ICMP error goes to the zone of the quoted sender.
    private static func zone(_ verdict: ReferenceVerdict) -> UInt8 {
        guard case .packet(let packet) = verdict else { return 1 }
        let comesFrom = packet.kind == .icmpError ? packet.destination : packet.source
        return (comesFrom.first ?? 0) & 0x80 == 0 ? 1 : 2
    }

    private static func difference(_ verdict: Verdict, _ expected: ReferenceVerdict, _ bench: KernelBench) -> String? {
        switch expected {
        case .notIP: return verdict == .host ? nil : "\(verdict), not IP"
        case .malformed: return verdict == .drop(.malformed) ? nil : "\(verdict), malformed"
        case .unsupported: return verdict == .drop(.unsupported) ? nil : "\(verdict), unsupported"
        case .invalidFlags: return verdict == .drop(.invalidFlags) ? nil : "\(verdict), invalid flags"
        case .packet(let packet):
            if verdict == .drop(.malformed) || verdict == .drop(.invalidFlags) { return "\(verdict): \(packet)" }
            switch packet.kind {
            case .icmpOther: return verdict == .drop(.unsupported) ? nil : "\(verdict): \(packet)"
            case .laterFragment:
                return verdict == .forward || verdict == .drop(.fragment) ? nil : "\(verdict): \(packet)"
            default: break
            }
            // Loopback, multicast and similar addresses.
            if verdict == .drop(.unsupported) { return isForwardable(packet) ? "\(verdict): \(packet)" : nil }
            guard verdict == .forward, packet.kind != .icmpError else { return nil }
            return bench.session(key(packet)) == nil ? "forwarded without a session: \(packet)" : nil
        }
    }

    private static func isForwardable(_ packet: ReferencePacket) -> Bool {
        [packet.source, packet.destination].allSatisfy { address in
            if address.count == 4 { return address[0] != 0 && address[0] != 127 && address[0] < 224 }
            let isZeroOrOne = address.dropLast().allSatisfy { $0 == 0 } && (address.last ?? 0) <= 1
            return address[0] != 0xFF && !(address[0] == 0xFE && address[1] & 0xC0 == 0x80) && !isZeroOrOne
        }
    }

    /// The key that the packet's session must have (FlowLayout.h).
    private static func key(_ packet: ReferencePacket) -> sluice_session_key {
        let there = end(packet.source, packet.sourcePort)
        let back = end(packet.destination, packet.destinationPort)
        let isLow = there.lexicographicallyPrecedes(back) || there == back
        var key = sluice_session_key()
        key.lowAddress = address(isLow ? packet.source : packet.destination)
        key.highAddress = address(isLow ? packet.destination : packet.source)
        key.lowPort = isLow ? packet.sourcePort : packet.destinationPort
        key.highPort = isLow ? packet.destinationPort : packet.sourcePort
        key.protocol = packet.number
        key.family = packet.isIPv6 ? 6 : 4
        if let asks = packet.senderAsks { key.echoAsker = asks == isLow ? 1 : 2 }
        return key
    }

    private static func end(_ address: [UInt8], _ port: UInt16) -> [UInt8] {
        address + [UInt8(port >> 8), UInt8(port & 0xFF)]
    }

    private static func address(_ bytes: [UInt8]) -> sluice_address {
        let all = bytes.count == 16 ? bytes : [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes
        return sluice_address(
            high: all[0..<8].reduce(0) { $0 << 8 | UInt64($1) }, low: all[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
    }
}

@Suite("ICMP errors, echoes and time stamps in the kernel", .serialized)
struct KernelErrorTests {
    static let bench = try? KernelBench()

    @Test(
        "SESS-7 ICMP errors that quote a session's packet reach the packet's sender, in the kernel program",
        arguments: QuotedErrors.kinds)
    func errors(kind: QuotedErrors.Kind) throws {
        let bench = try #require(Self.bench)
        try bench.allow(TestPolicy.everything)
        let number = QuotedErrors.kinds.firstIndex { $0.description == kind.description } ?? 0
        #expect(QuotedErrors.play(kind, on: bench, port: 4100 + UInt16(number)) == [])
    }

    @Test(
        "SESS-7 two hosts ping each other with the same identifier, each with its own verdict, in the kernel program",
        arguments: [false, true], [false, true])
    func echoes(isIPv6: Bool, isAllowedBack: Bool) throws {
        let bench = try KernelBench()
        try bench.allow(isAllowedBack ? TestPolicy.everything : TestPolicy.pingsOut)
        var frames = FrameBuilder()
        if isIPv6 {
            frames.source = "fd00:1::10"
            frames.destination = "2001:db8:3::10"
        }
        #expect(EchoPair.play(on: bench, frames: frames, isAllowedBack: isAllowedBack) == [])
    }

    @Test("IDLE-5 time stamps are stored for sessions that may be probed, and for no others", arguments: [true, false])
    func timestamps(isProbed: Bool) throws {
        let bench = try KernelBench()
        try bench.allow(TestPolicy.everything)
        for treatment in [TreatmentIndex.northSouth, TreatmentIndex.eastWest] {
            bench.datapath.table.treatments[Int(treatment)].onIdle = (isProbed ? OnIdle.probe : OnIdle.reset).rawValue
        }
        if isProbed { try bench.datapath.keepTimestamps() }
        let stamps = TimestampScene.play(on: bench) { bench.datapath.timestamps(slot: $0) }
        #expect(stamps.map { [$0.0, $0.1] } == (isProbed ? [203, 305] : nil))
    }

    @Test("IDLE-5 the time stamp table is created once a policy may probe, and sessions work without it")
    func timestampMemory() throws {
        let bench = try KernelBench()
        try bench.allow(TestPolicy.everything)
        bench.datapath.table.treatments[Int(TreatmentIndex.northSouth)].onIdle = OnIdle.probe.rawValue
        bench.datapath.table.treatments[Int(TreatmentIndex.eastWest)].onIdle = OnIdle.probe.rawValue
        #expect(bench.datapath.timestampBytes() < 4096)
        // Without the table the program stores no time stamps, and still forwards.
        #expect(TimestampScene.play(on: bench) { bench.datapath.timestamps(slot: $0) } == nil)
        let key = TCPScript("", "").key(of: FrameBuilder())
        let slot = try #require(bench.slot(key))
        #expect(bench.session(key)?.1.state == .established)
        try bench.datapath.keepTimestamps()
        #expect(bench.datapath.timestampBytes() > 1 << 20)
        // The session was admitted as one that may be probed: its time stamps are stored from its next segment on.
        func kept(afterSending stamp: UInt8) throws -> UInt32 {
            _ = bench.judge(
                FrameBuilder().tcp(
                    flags: TCPFlags.ack, sequence: 1010, acknowledgment: 5000, payload: 5,
                    options: [1, 1, 8, 10, 0, 0, 0, stamp, 0, 0, 0, 9]), Circumstances(now: 101))
            return UInt32(truncatingIfNeeded: try #require(bench.datapath.timestamps(slot: slot)).originator)
        }
        #expect(try kept(afterSending: 210) == 210)
        // A second call keeps the table: the program writes to the memory that this process reads.
        try bench.datapath.keepTimestamps()
        #expect(try kept(afterSending: 211) == 211)
        bench.datapath.removeTimestamps(slot: slot)
        #expect(bench.datapath.timestamps(slot: slot) == nil)
    }
}
