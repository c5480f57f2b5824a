import Inspection
import Lab
import Testing

/// RST-3: the firewall's own segments as they are on the wire.
extension EndTests {
    @Test(
        "RST-3 resets carry valid checksums, TTL 64, DF and the ends' own addresses, and renew no session",
        arguments: IPVersion.allCases)
    func resetSegments(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let atClient = try await lab.capture(in: .client, filter: anyReset, options: ["-vv"])
            let atServer = try await lab.capture(in: .internet, filter: anyReset, options: ["-vv"])
            let pair = try await EndPair.open(in: lab, version)
            let before = try #require(try pair.session())
            try await pair.reset()
            try await pair.expectResets()
            try await pass(.seconds(1))

            let ends = (LabZone.client.address(version) + ".\(pair.port)", LabZone.internet.address(version) + ".8000")
            let toClient = WireSegment.all(await atClient.stop())
            let toServer = WireSegment.all(await atServer.stop())
            // All data is acknowledged, so one RST to each end is enough.
            #expect(toClient.count == 1 && toServer.count == 1, "\(toClient), \(toServer)")
            for (segment, from, to) in [
                (toClient.first, ends.1, ends.0), (toServer.first, ends.0, ends.1),
            ] {
                let segment = try #require(segment)
                segment.expectOurs(version)
                #expect(segment.text.contains("\(from) > \(to):"), "\(segment)")
                #expect(segment.text.contains("Flags [R.]"), "\(segment)")
            }
            let positions = before.positions
            #expect(
                toClient.first?.text.contains(
                    "seq \(positions.originator.acknowledged), ack \(positions.originator.sequenceEnd)") == true)
            #expect(
                toServer.first?.text.contains(
                    "seq \(positions.responder.acknowledged), ack \(positions.responder.sequenceEnd)") == true)

            // The resets did not renew the tombstone or change its counts, and did not begin a session.
            let all = try GatewayInspector(gateway: lab.name).sessions().filter { $0.protocol == "tcp" }
            #expect(all.map(\.id) == [before.id])
            #expect(all.first?.state == "resetting")
            #expect(all.first?.packets == before.packets)
            #expect((all.first?.idleSeconds ?? 0) >= 0.9)
        }
    }
}

/// One segment as `tcpdump -vv` prints it, in one line: its IP header's line and, for IPv4, the one after it.
struct WireSegment: CustomStringConvertible {
    let text: String
    var description: String { text }

    static func all(_ lines: [String]) -> [WireSegment] {
        var texts: [String] = []
        for line in lines {
            // tcpdump begins a packet with its time, and continues in an indented line.
            if line.first?.isNumber == true {
                texts.append(line)
            } else if !texts.isEmpty {
                texts[texts.count - 1] += line
            }
        }
        return texts.map { WireSegment(text: $0) }
    }

    /// Checks what all segments of the firewall have: TTL 64, DF, valid checksums.
    func expectOurs(_ version: IPVersion, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(text.contains("(correct)"), "checksum: \(text)", sourceLocation: sourceLocation)
        #expect(!text.contains("bad cksum"), "\(text)", sourceLocation: sourceLocation)
        #expect(text.contains(version == .four ? "ttl 64" : "hlim 64"), "\(text)", sourceLocation: sourceLocation)
        if version == .four {
            #expect(text.contains("flags [DF]"), "\(text)", sourceLocation: sourceLocation)
        }
    }
}
