import FlowModel
import Testing

@testable import Capture

struct PacketHeadersTests {
    /// Bytes from a hex dump.
    private func bytes(_ text: String) -> [UInt8] {
        text.filter { !$0.isWhitespace }.chunks(of: 2).compactMap { UInt8($0, radix: 16) }
    }

    private static let link = "5251c1cea110 0200000000 01 0800"

    @Test("LOOK-1 5-tuple, flags and positions of a TCP segment are read, with IP options before it")
    func tcp() {
        // Written by hand: IPv4 with four bytes of options, TCP SYN ACK.
        let headers = PacketHeaders(
            frame: bytes(
                """
                \(Self.link) 46000030 00004000 40060000 0a01000a cb00710a 01010100
                9c40 01bb 00000001 fffffffe 7012 2000 0000 0000
                """), linkHeaderLength: 14)
        #expect(headers.source?.bytes == [10, 1, 0, 10] && headers.destination?.bytes == [203, 0, 113, 10])
        #expect(headers.ipProtocol == 6 && headers.sourcePort == 40000 && headers.destinationPort == 443)
        #expect(headers.tcpFlagNames == "SYN ACK" && headers.sequence == 1 && headers.acknowledgment == 0xFFFF_FFFE)
        #expect(headers.window == 0x2000 && headers.fragmentOffset == nil)
    }

    @Test("LOOK-1 an ICMP error shows its sender, and the packet that it quotes")
    func quoted() {
        // RFC 792: destination unreachable, port; quotes a UDP packet's first 28 bytes.
        let headers = PacketHeaders(
            frame: bytes(
                """
                \(Self.link) 45000038 00000000 40010000 c0000201 0a01000a 03030000 00000000
                4500001d 00000000 40110000 0a01000a cb00710a 3039 0035 0009 0000
                """), linkHeaderLength: 14)
        #expect(headers.ipProtocol == 1 && headers.icmpType == 3 && headers.icmpCode == 3)
        #expect(headers.source?.bytes == [192, 0, 2, 1] && headers.sourcePort == nil)
        #expect(headers.quoted.first?.ipProtocol == 17 && headers.quoted.first?.sourcePort == 12345)
        #expect(headers.quoted.first?.destinationPort == 53 && headers.quoted.first?.source?.bytes == [10, 1, 0, 10])
    }

    @Test("LOOK-1 IPv6: extension headers and fragments before the transport header; VLAN tags; plain IP")
    func others() {
        let addresses = "20010db8000000000000000000000001 20010db8000000000000000000000002"
        let datagram = "d431 0035 0008 0000"
        let chain = "60000000 0020 00 40 \(addresses) 3c00010400000000 2c00010400000000 1100000100000007 \(datagram)"
        let inVLAN = PacketHeaders(
            frame: bytes("5251c1cea110 020000000001 8100 0064 86dd \(chain)"), linkHeaderLength: 14)
        let plain = PacketHeaders(frame: bytes(chain), linkHeaderLength: 0)
        for headers in [inVLAN, plain] {
            #expect(headers.ipProtocol == 17 && headers.sourcePort == 54321 && headers.destinationPort == 53)
            #expect(headers.fragmentOffset == 0 && headers.destination?.bytes.last == 2)
        }
        let later = PacketHeaders(
            frame: bytes("60000000 0010 2c 40 \(addresses) 1100 0009 00000007 \(datagram)"), linkHeaderLength: 0)
        #expect(later.fragmentOffset == 8 && later.ipProtocol == 17 && later.sourcePort == nil)
        let arp = PacketHeaders(frame: bytes("ffffffffffff 020000000001 0806 0001"), linkHeaderLength: 14)
        #expect(arp.etherType == 0x0806 && arp.source == nil)
        let echo = PacketHeaders(frame: Array(FrameBuilder().udp().prefix(14)), linkHeaderLength: 14)
        #expect(echo.etherType == 0x0800 && echo.ipProtocol == nil)
    }

    @Test("LOOK-1 truncated packets, and random bytes, are read as far as they are valid")
    func broken() {
        let whole = FrameBuilder().tcp(flags: 2, sequence: 7)
        let complete = PacketHeaders(frame: whole, linkHeaderLength: 14)
        #expect(complete.tcpFlagNames == "SYN")
        for count in 0..<whole.count {
            let headers = PacketHeaders(frame: Array(whole.prefix(count)), linkHeaderLength: 14)
            #expect((headers.source != nil) == (count >= 34) && (headers.destinationPort != nil) == (count >= 38))
            if let flags = headers.tcpFlags { #expect(flags == complete.tcpFlags) }
        }
        var source = RandomSource(seed: 7)
        for _ in 0..<100_000 {
            let count = Int.random(in: 0...128, using: &source)
            var noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &source) }
            if noise.count > 14 { (noise[12], noise[13]) = Bool.random(using: &source) ? (0x08, 0x00) : (0x86, 0xDD) }
            let headers = PacketHeaders(frame: noise, linkHeaderLength: Bool.random(using: &source) ? 14 : 0)
            #expect(headers.quoted.count <= 1)
        }
    }
}

extension String {
    fileprivate func chunks(of count: Int) -> [Substring] {
        var chunks: [Substring] = []
        var rest = self[...]
        while !rest.isEmpty {
            chunks.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return chunks
    }
}
