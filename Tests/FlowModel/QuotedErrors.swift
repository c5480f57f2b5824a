import FlowCore
import FlowLayout

/// ICMP errors that quote each kind of packet of a session, for any ``JudgeBench``. Each must reach the sender of the
/// quoted packet (SESS-7), so that the sender learns the path MTU, and why its packets did not arrive.
package struct QuotedErrors {
    /// One kind of packet that a session carries.
    package struct Kind: Sendable, CustomStringConvertible {
        package let description: String
        package let isIPv6: Bool
        /// The packet, as its sender sends it: Ethernet frames, of which the last one is quoted.
        let frames: @Sendable (FrameBuilder) -> [[UInt8]]
        /// Bytes of the quoted packet that the error holds.
        let quoted: Int

        init(
            _ description: String, isIPv6: Bool = false, quoted: Int = 1 << 16,
            _ frames: @escaping @Sendable (FrameBuilder) -> [[UInt8]]
        ) {
            self.description = description
            self.isIPv6 = isIPv6
            self.quoted = quoted
            self.frames = frames
        }
    }

    package static let kinds: [Kind] = [false, true].flatMap(kinds)

    private static func kinds(isIPv6: Bool) -> [Kind] {
        let family = isIPv6 ? "IPv6" : "IPv4"
        let header = isIPv6 ? 40 : 20
        var kinds = [
            Kind("\(family): a SYN", isIPv6: isIPv6) { [$0.tcp(flags: TCPFlags.syn, sequence: 999)] },
            Kind("\(family): a SYN, eight bytes of it", isIPv6: isIPv6, quoted: header + 8) {
                [$0.tcp(flags: TCPFlags.syn, sequence: 999)]
            },
            Kind("\(family): UDP", isIPv6: isIPv6) { [$0.udp(payload: 100)] },
            Kind("\(family): UDP, eight bytes of it", isIPv6: isIPv6, quoted: header + 8) { [$0.udp(payload: 100)] },
            Kind("\(family): an echo request", isIPv6: isIPv6) { [$0.icmp(type: $0.isIPv6 ? 128 : 8, identifier: 1)] },
            Kind("\(family): the first fragment of a datagram", isIPv6: isIPv6) { frames in
                var first = frames
                first.moreFragments = true
                first.identification = 77
                return [first.udp(payload: 1000)]
            },
            Kind("\(family): a later fragment of a datagram", isIPv6: isIPv6) { frames in
                var first = frames
                first.moreFragments = true
                first.identification = 78
                var later = frames
                later.fragmentOffset = 1008
                later.identification = 78
                return [first.udp(payload: 1000), later.frame(protocol: 17, [UInt8](repeating: 1, count: 100))]
            },
        ]
        for (name, number) in [("GRE", UInt8(47)), ("ESP", 50), ("AH", 51), ("SCTP", 132)] {
            kinds.append(
                Kind("\(family): \(name)", isIPv6: isIPv6) {
                    [$0.frame(protocol: number, [UInt8](repeating: 3, count: 64))]
                })
        }
        guard isIPv6 else {
            return kinds + [
                Kind("IPv4: a SYN with IP options") { frames in
                    var frames = frames
                    frames.ipv4Options = [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0]
                    return [frames.tcp(flags: TCPFlags.syn, sequence: 999)]
                },
                Kind("IPv4: UDP with 40 bytes of IP options, eight bytes of it", quoted: 68) { frames in
                    var frames = frames
                    frames.ipv4Options = [UInt8](repeating: 1, count: 40)
                    return [frames.udp(payload: 100)]
                },
            ]
        }
        func chained(_ headers: [(UInt8, [UInt8])], _ frame: @escaping @Sendable (FrameBuilder) -> [UInt8])
            -> @Sendable (FrameBuilder) -> [[UInt8]]
        {
            { frames in
                var frames = frames
                frames.extensions = headers
                return [frame(frames)]
            }
        }
        let empty = [UInt8](repeating: 0, count: 8)
        return kinds + [
            Kind(
                "IPv6: a SYN with hop-by-hop options", isIPv6: true,
                chained([(0, empty)]) { $0.tcp(flags: TCPFlags.syn, sequence: 999) }),
            Kind(
                "IPv6: UDP with eight destination options headers", isIPv6: true,
                chained((0..<8).map { _ in (60, empty) }) { $0.udp(payload: 100) }),
            Kind(
                "IPv6: an echo request with destination options", isIPv6: true,
                chained([(60, [0, 1] + [UInt8](repeating: 0, count: 14))]) { $0.icmp(type: 128, identifier: 1) }),
            Kind(
                "IPv6: ESP with destination options", isIPv6: true,
                chained([(60, empty)]) { $0.frame(protocol: 50, [UInt8](repeating: 3, count: 64)) }),
            Kind(
                "IPv6: UDP in one fragment (RFC 6946)", isIPv6: true,
                chained([(44, [0, 0, 0, 0, 0, 0, 0, 9])]) { $0.udp(payload: 100) }),
            Kind(
                "IPv6: a later fragment whose first one has more extension headers", isIPv6: true
            ) { frames in
                var first = frames
                first.extensions = [(44, [0, 0, 0, 1, 0, 0, 0, 79]), (60, empty)]
                var later = frames
                later.extensions = [(44, [0, 0, 4, 0, 0, 0, 0, 79])]
                return [first.udp(payload: 1008), later.frame(protocol: 60, [UInt8](repeating: 1, count: 100))]
            },
        ]
    }

    /// The types of errors, with codes: unreachable, too big, time exceeded, parameter problem.
    private static func types(isIPv6: Bool) -> [(UInt8, UInt8)] {
        isIPv6 ? [(1, 4), (2, 0), (3, 0), (4, 1)] : [(3, 3), (3, 4), (11, 0), (12, 0)]
    }

    /// Sends the packet through a session, and ICMP errors about it in the other direction.
    ///
    /// - Returns: the verdicts that differ from the expected ones.
    package static func play(_ kind: Kind, on bench: some JudgeBench, port: UInt16) -> [String] {
        var frames = FrameBuilder()
        if kind.isIPv6 {
            frames.source = "fd00:1::10"
            frames.destination = "2001:db8:3::\(String(port, radix: 16))"
        } else {
            frames.destination = "203.0.\(port >> 8).\(port & 0xFF)"
        }
        frames.sourcePort = port
        frames.destinationPort = 53
        var failures: [String] = []
        func expect(_ what: String, _ frame: [UInt8], _ zone: UInt8, _ expected: Verdict) {
            let verdict = bench.judge(frame, Circumstances(zone: zone, routeZone: 3 - zone, now: 100))
            if verdict != expected { failures.append("\(what): \(verdict), expected \(expected)") }
        }
        let sent = kind.frames(frames)
        for frame in sent { expect("the packet", frame, 1, .forward) }
        var router = frames.reversed
        router.source = kind.isIPv6 ? "2001:db8:9::1" : "198.51.100.1"
        let quote = Array((sent.last ?? []).dropFirst(14).prefix(kind.quoted))
        for (type, code) in types(isIPv6: kind.isIPv6) {
            let error = router.icmp(type: type, code: code, rest: quote)
            expect("type \(type)", error, 2, .forward)
            expect("type \(type), from the sender's own zone", error, 1, .drop(.wrongZone))
        }
        // A packet that was not sent belongs to no session: the same quote with another destination.
        var other = quote
        other[kind.isIPv6 ? 39 : 19] ^= 0x80
        expect("unknown", router.icmp(type: kind.isIPv6 ? 1 : 3, rest: other), 2, .drop(.noSession))
        return failures
    }
}
