import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("Resets and probes")
struct ResetTests {
    let bench = ModelBench()
    let frames = FrameBuilder()

    private func play(_ lines: String) throws -> sluice_session {
        let script = TCPScript("", lines)
        #expect(script.play(on: bench) == [])
        return try #require(bench.session(script.key(of: frames))).0
    }

    /// Destination port and sequence, acknowledgment, flags of each reset.
    private func resets(_ session: sluice_session) -> [[UInt32]] {
        var found: [[UInt32]] = []
        ResetSegments.forEach(session) { segment in
            found.append([
                UInt32(segment.destinationPort), segment.sequence, segment.acknowledgment, UInt32(segment.flags),
            ])
        }
        return found
    }

    @Test("RST-1 each end receives one RST, at the last ACK that it sent")
    func quiet() throws {
        let session = try play(
            """
            > S 999                    => forward
            < SA 4999 ack 1000         => forward
            > PA 1000 ack 5000 len 10  => forward
            < A 5000 ack 1010          => forward
            """)
        #expect(resets(session) == [[40000, 5000, 1010, 0x14], [443, 1010, 5000, 0x14]])
    }

    @Test("RST-1 an end receives a second RST if data is not acknowledged yet")
    func delayedAcknowledgment() throws {
        let session = try play(
            """
            > S 999                    => forward
            < SA 4999 ack 1000         => forward
            > A 1000 ack 5000          => forward
            > PA 1000 ack 5000 len 10  => forward
            """)
        #expect(resets(session) == [[40000, 5000, 1010, 0x14], [443, 1000, 5000, 0x14], [443, 1010, 5000, 0x14]])
    }

    @Test("RST-1 half-open, first phase: only the acknowledgment counts at the originator")
    func synSent() throws {
        let session = try play("> S 999 => forward")
        #expect(resets(session) == [[40000, 0, 1000, 0x14], [443, 1000, 0, 0x04]])
    }

    @Test("RST-1 half-open, second phase")
    func synReceived() throws {
        let session = try play(
            """
            > S 999                    => forward
            < SA 4999 ack 1000         => forward
            """)
        #expect(resets(session) == [[40000, 5000, 1000, 0x14], [443, 1000, 5000, 0x14]])
    }

    @Test("RST-1 half-closed: the FIN counts")
    func halfClosed() throws {
        let session = try play(
            """
            > S 999                    => forward
            < SA 4999 ack 1000         => forward
            > FA 1000 ack 5000         => forward
            < A 5000 ack 1001          => forward
            """)
        #expect(resets(session) == [[40000, 5000, 1001, 0x14], [443, 1001, 5000, 0x14]])
    }

    @Test("RST-4 a keep-alive never moves the positions back")
    func keepAlive() throws {
        let session = try play(
            """
            > S 999                    => forward
            < SA 4999 ack 1000         => forward
            > PA 1000 ack 5000 len 10  => forward
            < A 5000 ack 1010          => forward
            > A 1009 ack 5000          => forward
            < A 5000 ack 1010          => forward
            > A 1009 ack 5000 len 1    => forward
            < A 4999 ack 1010          => forward
            """)
        #expect(session.originator.sequenceEnd == 1010 && session.originator.acknowledged == 5000)
        #expect(session.responder.sequenceEnd == 5000 && session.responder.acknowledged == 1010)
        #expect(resets(session) == [[40000, 5000, 1010, 0x14], [443, 1010, 5000, 0x14]])
    }

    @Test("RST-2 a late segment is answered with a RST at SEG.ACK, or with RST|ACK if it has no ACK")
    func answers() {
        func answer(_ frame: [UInt8]) -> [UInt32] {
            var packet = sluice_packet()
            _ = bench.judge(frame, Circumstances(), &packet)
            let segment = ResetAnswer.answerReset(&packet)
            return [
                UInt32(segment.sourcePort), UInt32(segment.destinationPort), segment.sequence, segment.acknowledgment,
                UInt32(segment.flags),
            ]
        }
        #expect(
            answer(frames.tcp(flags: TCPFlags.ack, sequence: 1000, acknowledgment: 5000, payload: 3))
                == [443, 40000, 5000, 0, 0x04])
        #expect(answer(frames.tcp(flags: TCPFlags.syn, sequence: 1000)) == [443, 40000, 0, 1001, 0x14])
        #expect(answer(frames.tcp(flags: TCPFlags.syn, sequence: 1000, payload: 5)) == [443, 40000, 0, 1006, 0x14])
    }

    @Test("RST-3 resets have valid checksums, TTL 64, DF, and the ends' own addresses", arguments: [false, true])
    func wire(isIPv6: Bool) throws {
        var frames = FrameBuilder()
        if isIPv6 {
            frames.source = "fd00:1::ffff"
            frames.destination = "2001:db8:3::10"
        }
        let tables = ModelTables()
        let bench = ModelBench(tables)
        let script = TCPScript("", "> S 4294967295 => forward synSent")
        #expect(script.play(on: bench, frames: frames) == [])
        var written: [[UInt8]] = []
        ResetSegments.forEach(try #require(bench.session(script.key(of: frames))).0) { segment in
            var bytes = [UInt8](repeating: 0xEE, count: 64)
            let length = bytes.withUnsafeMutableBytes { memory in
                memory.baseAddress.map { segment.write(to: $0) } ?? 0
            }
            written.append(Array(bytes.prefix(length)))
        }
        #expect(written.count == 2)
        for bytes in written {
            let header = isIPv6 ? 40 : 20
            #expect(bytes.count == header + 20)
            #expect(bytes[isIPv6 ? 7 : 8] == 64)
            if !isIPv6 {
                #expect(bytes[6] == 0x40)
                #expect(FrameBuilder.checksum(Array(bytes.prefix(20))) == 0)
            }
            let addresses = isIPv6 ? Array(bytes[8..<40]) : Array(bytes[12..<20])
            let ends = [FrameBuilder.address(frames.source), FrameBuilder.address(frames.destination)]
            #expect(addresses == ends[0] + ends[1] || addresses == ends[1] + ends[0])
            var covered = addresses + [0, 0, 0, 20, 0, 6]
            covered += bytes.dropFirst(header)
            #expect(FrameBuilder.checksum(covered) == 0)
        }
    }

    @Test(
        "IDLE-5 a probe carries the last time stamp of its supposed sender, and echoes the last one of its receiver",
        arguments: [false, true])
    func stampedProbes(isIPv6: Bool) throws {
        var frames = FrameBuilder()
        if isIPv6 {
            frames.source = "fd00:1::1"
            frames.destination = "fd00:2::1"
        }
        let bench = ModelBench()
        bench.tables.onIdle = [TreatmentIndex.northSouth: OnIdle.probe.rawValue]
        let stamps = TimestampScene.play(on: bench) { bench.tables.timestampMemory[Int($0)] }
        #expect(stamps.map { [$0.0, $0.1] } == [203, 305])
        var session = try #require(bench.session(TCPScript("", "").key(of: FrameBuilder()))).0
        #expect(session.flags & SessionFlags.keepsTimestamps != 0)
        session.key = TCPScript("", "").key(of: frames)
        var kept = sluice_timestamps()
        kept.originator = 7 << 48 | 1 << 32 | 203
        kept.responder = 7 << 48 | 1 << 32 | 0xFFFF_FF00
        var written: [[UInt8]] = []
        ProbeSegments.forEach(session, timestamps: kept, generation: 7) { probe in
            var bytes = [UInt8](repeating: 0, count: 72)
            let length = bytes.withUnsafeMutableBytes { memory in
                memory.baseAddress.map { probe.write(to: $0) } ?? 0
            }
            written.append(Array(bytes.prefix(length)))
        }
        let header = isIPv6 ? 40 : 20
        #expect(written.map(\.count) == [header + 32, header + 32])
        #expect(
            written.map { Array($0.suffix(12)) } == [
                [1, 1, 8, 10, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 203], [1, 1, 8, 10, 0, 0, 0, 203, 0xFF, 0xFF, 0xFF, 0],
            ])
        for bytes in written {
            if isIPv6 {
                #expect(Array(bytes[4..<6]) == [0, 32])
            } else {
                #expect(Array(bytes[2..<4]) == [0, 52])
                #expect(FrameBuilder.checksum(Array(bytes.prefix(20))) == 0)
            }
            let addresses = isIPv6 ? Array(bytes[8..<40]) : Array(bytes[12..<20])
            #expect(FrameBuilder.checksum(addresses + [0, 0, 0, 32, 0, 6] + bytes.dropFirst(header)) == 0)
        }
        // Time stamps of another session in this slot, or of one end only, are not used.
        for stamps in [(kept, UInt16(8)), (sluice_timestamps(originator: kept.originator, responder: 0), 7)] {
            ProbeSegments.forEach(session, timestamps: stamps.0, generation: stamps.1) { probe in
                #expect(!probe.hasTimestamps && probe.length == header + 20)
            }
        }
    }

    @Test("IDLE-5 a probe is a keep-alive at RCV.NXT - 1 of each end")
    func probes() throws {
        let session = try play(
            """
            > S 999                    => forward
            < SA 4999 ack 1000         => forward
            > PA 1000 ack 5000 len 10  => forward
            < A 5000 ack 1010          => forward
            """)
        var probes: [[UInt32]] = []
        ProbeSegments.forEach(session, timestamps: nil, generation: 0) { probe in
            probes.append([
                UInt32(probe.destinationPort), probe.sequence, probe.acknowledgment, UInt32(probe.flags),
                UInt32(probe.window),
            ])
        }
        #expect(probes == [[40000, 4999, 1010, 0x10, 65535], [443, 1009, 5000, 0x10, 65535]])
    }
}
