/// The headers of a packet for display, from the first bytes of its frame.
///
/// It reads as far as possible and stops at the end of the bytes, or where they are not valid. Unlike the datapath's
/// parser (FlowCore), with which it shares no code, it rejects nothing, because the packets of interest are often the
/// malformed ones.
package struct PacketHeaders: Equatable, Sendable {
    package struct Address: Equatable, Sendable {
        /// 4 or 16 bytes, in network order.
        package var bytes: [UInt8]

        package init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The EtherType (IEEE 802.3) after any VLAN tags.
    package var etherType: UInt16 = 0
    package var source: Address?
    package var destination: Address?
    /// The IANA protocol number of the last header that could be read.
    package var ipProtocol: UInt8?
    /// For TCP, UDP and SCTP. For an echo, the identifier is at the end that sent the request, as in sessions.
    package var sourcePort: UInt16?
    package var destinationPort: UInt16?
    package var tcpFlags: UInt8?
    package var sequence: UInt32?
    package var acknowledgment: UInt32?
    package var window: UInt16?
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    /// The offset of a fragment in bytes; 0 for the first one.
    package var fragmentOffset: Int?
    /// The packet that an ICMP error quotes: one or none.
    package var quoted: [PacketHeaders] = []

    /// - Parameters:
    ///   - frame: the packet's first bytes.
    ///   - linkHeaderLength: 14, or 0 if the frame begins with its IP header.
    package init(frame: [UInt8], linkHeaderLength: Int) {
        var reader = ByteReader(frame[...])
        if linkHeaderLength == 0 {
            switch frame.first.map({ $0 >> 4 }) {
            case 4: etherType = 0x0800
            case 6: etherType = 0x86DD
            default: return
            }
        } else {
            guard reader.skip(12), var type = reader.number(2) else { return }
            while type == 0x8100 || type == 0x88A8 {
                guard reader.skip(2), let next = reader.number(2) else { return }
                type = next
            }
            etherType = UInt16(type)
        }
        readNetwork(&reader)
    }

    private init(quoted reader: inout ByteReader, etherType: UInt16) {
        self.etherType = etherType
        readNetwork(&reader)
    }

    private mutating func readNetwork(_ reader: inout ByteReader) {
        switch etherType {
        case 0x0800: readIPv4(&reader)
        case 0x86DD: readIPv6(&reader)
        default: break
        }
    }

    /// RFC 791, 3.1.
    private mutating func readIPv4(_ reader: inout ByteReader) {
        guard let first = reader.byte(), reader.skip(5), let fragment = reader.number(2), reader.skip(1),
            let number = reader.byte(), reader.skip(2), let source = reader.bytes(4), let destination = reader.bytes(4)
        else { return }
        self.source = Address(source)
        self.destination = Address(destination)
        ipProtocol = number
        let offset = (fragment & 0x1FFF) * 8
        if fragment & 0x3FFF != 0 { fragmentOffset = offset }
        guard offset == 0, reader.skip(max(0, Int(first & 0xF) * 4 - 20)) else { return }
        readTransport(&reader, number)
    }

    /// RFC 8200, 3 and 4.
    private mutating func readIPv6(_ reader: inout ByteReader) {
        guard reader.skip(6), var next = reader.byte(), reader.skip(1), let source = reader.bytes(16),
            let destination = reader.bytes(16)
        else { return }
        self.source = Address(source)
        self.destination = Address(destination)
        while true {
            ipProtocol = next
            switch next {
            case 0, 43, 60:
                guard let following = reader.byte(), let length = reader.byte(), reader.skip(Int(length) * 8 + 6)
                else { return }
                next = following
            case 51:
                guard let following = reader.byte(), let length = reader.byte(), reader.skip(Int(length) * 4 + 6)
                else { return }
                next = following
            case 44:
                guard let following = reader.byte(), reader.skip(1), let fragment = reader.number(2), reader.skip(4)
                else { return }
                next = following
                fragmentOffset = fragment & 0xFFF8
                if fragment & 0xFFF8 != 0 {
                    ipProtocol = next
                    return
                }
            default:
                readTransport(&reader, next)
                return
            }
        }
    }

    private mutating func readTransport(_ reader: inout ByteReader, _ number: UInt8) {
        switch number {
        case 6: readTCP(&reader)
        case 17, 132, 136:
            sourcePort = reader.number(2).map { UInt16($0) }
            destinationPort = reader.number(2).map { UInt16($0) }
        case 1, 58: readICMP(&reader, isIPv6: number == 58)
        default: break
        }
    }

    /// RFC 9293, 3.1.
    private mutating func readTCP(_ reader: inout ByteReader) {
        sourcePort = reader.number(2).map { UInt16($0) }
        destinationPort = reader.number(2).map { UInt16($0) }
        sequence = reader.number(4).map { UInt32($0) }
        acknowledgment = reader.number(4).map { UInt32($0) }
        guard reader.skip(1), let flags = reader.byte() else { return }
        tcpFlags = flags
        window = reader.number(2).map { UInt16($0) }
    }

    /// RFC 792; RFC 4443.
    private mutating func readICMP(_ reader: inout ByteReader, isIPv6: Bool) {
        guard let type = reader.byte() else { return }
        icmpType = type
        icmpCode = reader.byte()
        let isEcho = isIPv6 ? type == 128 || type == 129 : type == 8 || type == 0
        let isError = isIPv6 ? type < 128 : [3, 4, 5, 11, 12].contains(type)
        if isEcho, reader.skip(2), let identifier = reader.number(2) {
            sourcePort = UInt16(identifier)
            destinationPort = UInt16(identifier)
        } else if isError, reader.skip(6) {
            quoted = [PacketHeaders(quoted: &reader, etherType: etherType)]
        }
    }

    /// The names of the TCP flags that are set, as in `SYN ACK`; `none` if none is set.
    package var tcpFlagNames: String? {
        guard let tcpFlags else { return nil }
        let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
        let found = names.indices.filter { tcpFlags >> $0 & 1 != 0 }.map { names[$0] }
        return found.isEmpty ? "none" : found.joined(separator: " ")
    }
}

/// Reads bytes from front to back, in network order.
private struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Returns false if there are fewer bytes; then all of them are consumed.
    mutating func skip(_ count: Int) -> Bool {
        let isThere = rest.count >= count
        rest = rest.dropFirst(count)
        return isThere
    }

    mutating func byte() -> UInt8? { rest.popFirst() }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else {
            rest = []
            return nil
        }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number(_ count: Int) -> Int? { bytes(count)?.reduce(0) { $0 << 8 | Int($1) } }
}
