/// A packet, read as the RFCs describe it, in simple and slow code. Tests compare the packet path's parser with it. It
/// shares no code with FlowCore, and imports nothing.
///
/// Sources: RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP), RFC 768 (UDP), RFC 792 (ICMP), RFC 4443 (ICMPv6). From
/// docs/explanation come the packets that a firewall refuses: source routes, chains of more than eight extension
/// headers, and fragments that begin within a TCP header.
package struct ReferencePacket: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case tcp, udp, echoRequest, echoReply, icmpError, icmpOther, other, laterFragment
    }

    package var kind = Kind.other
    package var isIPv6 = false
    package var number: UInt8 = 0
    package var source: [UInt8] = []
    package var destination: [UInt8] = []
    package var sourcePort: UInt16 = 0
    package var destinationPort: UInt16 = 0
    /// For an echo, also a quoted one: whether its sender asks.
    package var senderAsks: Bool?
    package var sequence: UInt32 = 0
    package var acknowledgment: UInt32 = 0
    package var controlBits: UInt8 = 0
    package var window: UInt16 = 0
    package var windowShift: UInt8?
    package var isSigned = false
    package var fragmentOffset = 0
    package var moreFragments = false
    package var identification: UInt32 = 0
    package var payloadLength = 0
    package var hasOptions = false

    package init() {}
}

package enum ReferenceVerdict: Equatable, Sendable {
    case notIP
    case malformed
    case unsupported
    case invalidFlags
    case packet(ReferencePacket)
}

package struct ReferenceParser {
    /// A reason to stop reading a packet early.
    private enum Fault: Error { case malformed, unsupported }

    private let bytes: [UInt8]
    private let segmentSize: Int
    private var packet = ReferencePacket()

    /// - Parameter segmentSize: the segment size of a super-packet, in bytes; 0: the frame is a single packet.
    package static func parse(_ frame: [UInt8], segmentSize: Int = 0) -> ReferenceVerdict {
        var parser = ReferenceParser(bytes: frame, segmentSize: segmentSize)
        do throws(Fault) {
            switch try parser.number16(12) {
            case 0x0800: try parser.readIPv4()
            case 0x86DD: try parser.readIPv6()
            default: return .notIP
            }
        } catch {
            return error == .unsupported ? .unsupported : .malformed
        }
        if parser.packet.kind == .tcp, !areLegal(parser.packet.controlBits) { return .invalidFlags }
        return .packet(parser.packet)
    }

    private init(bytes: [UInt8], segmentSize: Int) {
        self.bytes = bytes
        self.segmentSize = segmentSize
    }

    private func number8(_ at: Int) throws(Fault) -> UInt8 {
        guard at < bytes.count else { throw .malformed }
        return bytes[at]
    }

    private func number16(_ at: Int) throws(Fault) -> UInt16 {
        UInt16(try number8(at)) * 256 + UInt16(try number8(at + 1))
    }

    private func number32(_ at: Int) throws(Fault) -> UInt32 {
        UInt32(try number16(at)) * 65536 + UInt32(try number16(at + 2))
    }

    private func slice(_ at: Int, _ count: Int) throws(Fault) -> [UInt8] {
        guard at + count <= bytes.count else { throw .malformed }
        return Array(bytes[at..<at + count])
    }

    // MARK: IP

    private mutating func readIPv4() throws(Fault) {
        let start = 14
        let first = try number8(start)
        let headerEnd = start + Int(first % 16) * 4
        guard first / 16 == 4, headerEnd >= start + 20 else { throw .malformed }
        var total = Int(try number16(start + 2))
        _ = try slice(start, 20)
        if segmentSize > 0, total == 0 || start + total > bytes.count { total = bytes.count - start }
        let end = start + total
        guard end >= headerEnd, end <= bytes.count else { throw .malformed }
        if headerEnd == start + 20 {
            var sum = 0
            for at in stride(from: start, to: headerEnd, by: 2) { sum += Int(try number16(at)) }
            guard sum % 65535 == 0, sum > 0 else { throw .malformed }
        }
        packet.hasOptions = headerEnd > start + 20
        packet.identification = UInt32(try number16(start + 4))
        let fragment = try number16(start + 6)
        packet.number = try number8(start + 9)
        packet.source = try slice(start + 12, 4)
        packet.destination = try slice(start + 16, 4)
        packet.moreFragments = fragment & 0x2000 != 0
        packet.fragmentOffset = Int(fragment % 0x2000) * 8
        try readPayload(headerEnd, end)
    }

    private mutating func readIPv6() throws(Fault) {
        let start = 14
        guard try number8(start) / 16 == 6 else { throw .malformed }
        _ = try slice(start, 40)
        let length = Int(try number16(start + 4))
        var end = start + 40 + length
        if segmentSize > 0, length == 0 || end > bytes.count { end = bytes.count }
        guard end <= bytes.count else { throw .malformed }
        packet.isIPv6 = true
        packet.source = try slice(start + 8, 16)
        packet.destination = try slice(start + 24, 16)
        let chain = try chain(from: start + 40, to: end, first: try number8(start + 6))
        packet.number = chain.number
        packet.hasOptions = chain.hasHopByHop
        packet.fragmentOffset = chain.fragmentOffset
        packet.moreFragments = chain.moreFragments
        packet.identification = chain.identification
        try readPayload(chain.end, end)
    }

    private struct Chain {
        var number: UInt8
        var end: Int
        var hasHopByHop = false
        var hasFragmentHeader = false
        var fragmentOffset = 0
        var moreFragments = false
        var identification: UInt32 = 0
    }

    /// RFC 8200, 4: hop-by-hop options 0, routing 43, fragment 44, destination options 60.
    private func chain(from start: Int, to end: Int, first: UInt8) throws(Fault) -> Chain {
        var chain = Chain(number: first, end: start)
        var count = 0
        while [0, 43, 44, 60].contains(chain.number) {
            guard count < 8 else { throw .malformed }
            if chain.number == 0, count > 0 { throw .malformed }
            guard chain.end + 8 <= end else { throw .malformed }
            let next = try number8(chain.end)
            var length = 8 + 8 * Int(try number8(chain.end + 1))
            switch chain.number {
            case 0: chain.hasHopByHop = true
            case 43: if try number8(chain.end + 3) != 0 { throw .unsupported }
            case 44:
                if chain.hasFragmentHeader { throw .malformed }
                chain.hasFragmentHeader = true
                length = 8
                chain.fragmentOffset = Int(try number16(chain.end + 2)) / 8 * 8
                chain.moreFragments = try number8(chain.end + 3) % 2 == 1
                chain.identification = try number32(chain.end + 4)
            default: break
            }
            guard chain.end + length <= end else { throw .malformed }
            chain.number = next
            chain.end += length
            count += 1
            if chain.fragmentOffset > 0 { break }
        }
        return chain
    }

    // MARK: Above IP

    private mutating func readPayload(_ start: Int, _ end: Int) throws(Fault) {
        packet.payloadLength = end - start
        if packet.fragmentOffset > 0 {
            packet.kind = .laterFragment
            guard end > start, packet.fragmentOffset + end - start <= 65535 else { throw .malformed }
            if packet.number == 6, packet.fragmentOffset < 16 { throw .malformed }
            return
        }
        switch (packet.number, packet.isIPv6) {
        case (6, _): try readTCP(start, end)
        case (17, _): try readUDP(start, end)
        case (1, false), (58, true): try readICMP(start, end)
        case (1, true), (58, false): throw .malformed
        case (140, true): throw .unsupported
        default: packet.kind = .other
        }
    }

    private mutating func readTCP(_ start: Int, _ end: Int) throws(Fault) {
        guard end - start >= 20 else { throw .malformed }
        let headerEnd = start + Int(try number8(start + 12) / 16) * 4
        guard headerEnd >= start + 20, headerEnd <= end else { throw .malformed }
        packet.kind = .tcp
        packet.sourcePort = try number16(start)
        packet.destinationPort = try number16(start + 2)
        packet.sequence = try number32(start + 4)
        packet.acknowledgment = try number32(start + 8)
        packet.controlBits = try number8(start + 13) & 0x3F
        packet.window = try number16(start + 14)
        packet.payloadLength = end - headerEnd
        if packet.controlBits & 2 != 0 { try readOptions(start + 20, headerEnd) }
    }

    private mutating func readOptions(_ start: Int, _ end: Int) throws(Fault) {
        var at = start
        while at < end {
            let kind = try number8(at)
            if kind == 0 { return }
            if kind == 1 {
                at += 1
                continue
            }
            guard at + 1 < end else { return }
            let length = Int(try number8(at + 1))
            guard length >= 2, at + length <= end else { return }
            if kind == 3, length == 3 { packet.windowShift = min(14, try number8(at + 2)) }
            if kind == 19, length == 18 { packet.isSigned = true }
            if kind == 29, length >= 4 { packet.isSigned = true }
            at += length
        }
    }

    private static func areLegal(_ bits: UInt8) -> Bool {
        let (fin, syn, rst, ack) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0, bits & 16 != 0)
        if syn && (rst || fin) { return false }
        if rst && fin { return false }
        return syn || rst || ack
    }

    private mutating func readUDP(_ start: Int, _ end: Int) throws(Fault) {
        guard end - start >= 8 else { throw .malformed }
        packet.kind = .udp
        packet.sourcePort = try number16(start)
        packet.destinationPort = try number16(start + 2)
        packet.payloadLength = end - start - 8
        let length = Int(try number16(start + 4))
        guard length >= 8 else { throw .malformed }
        if segmentSize == 0, !packet.moreFragments, length > end - start { throw .malformed }
    }

    private mutating func readICMP(_ start: Int, _ end: Int) throws(Fault) {
        guard end - start >= 8 else { throw .malformed }
        packet.payloadLength = end - start - 8
        packet.kind = kind(ofType: try number8(start))
        switch packet.kind {
        case .echoRequest, .echoReply:
            try readEcho(start, packet.kind)
        case .icmpError:
            if packet.moreFragments { throw .malformed }
            try readQuote(start + 8, end)
        default:
            break
        }
    }

    private mutating func readEcho(_ start: Int, _ kind: ReferencePacket.Kind) throws(Fault) {
        packet.sourcePort = try number16(start + 4)
        packet.destinationPort = packet.sourcePort
        packet.senderAsks = kind == .echoRequest
    }

    private func kind(ofType type: UInt8) -> ReferencePacket.Kind {
        switch (packet.isIPv6, type) {
        case (false, 8), (true, 128): .echoRequest
        case (false, 0), (true, 129): .echoReply
        case (false, 3), (false, 11), (false, 12), (true, 1), (true, 2), (true, 3), (true, 4): .icmpError
        default: .icmpOther
        }
    }

    /// Reads what an ICMP error quotes. From here on the packet's addresses, protocol and ports are the quoted ones.
    private mutating func readQuote(_ start: Int, _ end: Int) throws(Fault) {
        let receiver = packet.destination
        var at = start
        if packet.isIPv6 {
            guard end - start >= 40, try number8(start) / 16 == 6 else { throw .malformed }
            packet.source = try slice(start + 8, 16)
            packet.destination = try slice(start + 24, 16)
            let chain = try chain(from: start + 40, to: end, first: try number8(start + 6))
            packet.number = chain.number
            packet.fragmentOffset = chain.fragmentOffset
            at = chain.end
            if chain.hasFragmentHeader { packet.identification = chain.identification }
        } else {
            guard end - start >= 20 else { throw .malformed }
            let first = try number8(start)
            at = start + Int(first % 16) * 4
            guard first / 16 == 4, at >= start + 20, at <= end else { throw .malformed }
            packet.number = try number8(start + 9)
            packet.fragmentOffset = Int(try number16(start + 6) % 0x2000) * 8
            packet.identification = UInt32(try number16(start + 4))
            packet.source = try slice(start + 12, 4)
            packet.destination = try slice(start + 16, 4)
        }
        guard packet.source == receiver else { throw .malformed }
        if packet.fragmentOffset > 0 { return }
        guard end - at >= 8 else { throw .malformed }
        switch (packet.number, packet.isIPv6) {
        case (6, _), (17, _):
            packet.sourcePort = try number16(at)
            packet.destinationPort = try number16(at + 2)
            if packet.number == 6 { packet.sequence = try number32(at + 4) }
        case (1, false), (58, true):
            let quoted = kind(ofType: try number8(at))
            if quoted == .echoRequest || quoted == .echoReply { try readEcho(at, quoted) }
        default:
            break
        }
    }
}
