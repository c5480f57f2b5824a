import FlowLayout

/// Builds Ethernet frames for tests, with valid checksums unless a test sets other ones.
package struct FrameBuilder {
    package var source = "10.1.0.10"
    package var destination = "203.0.113.10"
    package var sourcePort: UInt16 = 40000
    package var destinationPort: UInt16 = 443
    package var timeToLive: UInt8 = 64
    package var identification: UInt16 = 0
    package var fragmentOffset: UInt16 = 0
    package var moreFragments = false
    package var ipv4Options: [UInt8] = []
    /// IPv6 extension headers: protocol number and bytes, of which the first is overwritten by the next header's number.
    package var extensions: [(UInt8, [UInt8])] = []

    package init() {}

    package var isIPv6: Bool { source.contains(":") }

    /// The same ends in the other direction.
    package var reversed: FrameBuilder {
        var other = self
        swap(&other.source, &other.destination)
        swap(&other.sourcePort, &other.destinationPort)
        return other
    }

    package func tcp(
        flags: UInt8, sequence: UInt32, acknowledgment: UInt32 = 0, window: UInt16 = 65535, payload: Int = 0,
        options: [UInt8] = []
    ) -> [UInt8] {
        let padded = options + [UInt8](repeating: 0, count: (4 - options.count % 4) % 4)
        var segment: [UInt8] = []
        segment.append(bigEndian: sourcePort)
        segment.append(bigEndian: destinationPort)
        segment.append(bigEndian: sequence)
        segment.append(bigEndian: acknowledgment)
        segment.append(UInt8((20 + padded.count) / 4) << 4)
        segment.append(flags)
        segment.append(bigEndian: window)
        segment.append(bigEndian: UInt32(0))
        segment += padded
        segment += [UInt8](repeating: 0x61, count: payload)
        let sum = Self.checksum(pseudoHeader(protocol: 6, length: segment.count) + segment)
        segment[16] = UInt8(sum >> 8)
        segment[17] = UInt8(sum & 0xFF)
        return frame(protocol: 6, segment)
    }

    package func udp(payload: Int = 8) -> [UInt8] {
        var datagram: [UInt8] = []
        datagram.append(bigEndian: sourcePort)
        datagram.append(bigEndian: destinationPort)
        datagram.append(bigEndian: UInt16(8 + payload))
        datagram.append(bigEndian: UInt16(0))
        datagram += [UInt8](repeating: 0x62, count: payload)
        return frame(protocol: 17, datagram)
    }

    package func icmp(type: UInt8, code: UInt8 = 0, identifier: UInt16 = 7, rest: [UInt8] = []) -> [UInt8] {
        var message: [UInt8] = [type, code, 0, 0]
        message.append(bigEndian: identifier)
        message.append(bigEndian: UInt16(1))
        message += rest
        return frame(protocol: isIPv6 ? 58 : 1, message)
    }

    /// An IP packet with Ethernet header.
    package func frame(protocol ipProtocol: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
        frame.append(bigEndian: UInt16(isIPv6 ? 0x86DD : 0x0800))
        return frame + packet(protocol: ipProtocol, payload)
    }

    /// The packet from the IP header on.
    package func packet(protocol ipProtocol: UInt8, _ payload: [UInt8]) -> [UInt8] {
        isIPv6 ? ipv6(ipProtocol, payload) : ipv4(ipProtocol, payload)
    }

    private func ipv4(_ ipProtocol: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let options = ipv4Options + [UInt8](repeating: 0, count: (4 - ipv4Options.count % 4) % 4)
        var header: [UInt8] = [0x40 | UInt8(5 + options.count / 4), 0]
        header.append(bigEndian: UInt16(20 + options.count + payload.count))
        header.append(bigEndian: identification)
        header.append(bigEndian: (moreFragments ? 0x2000 : 0) | fragmentOffset / 8)
        header += [timeToLive, ipProtocol, 0, 0]
        header += Self.address(source) + Self.address(destination) + options
        let sum = Self.checksum(header)
        header[10] = UInt8(sum >> 8)
        header[11] = UInt8(sum & 0xFF)
        return header + payload
    }

    private func ipv6(_ ipProtocol: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var next = ipProtocol
        var chain: [UInt8] = []
        var headers = extensions
        if moreFragments || fragmentOffset != 0 {
            var fragment: [UInt8] = [0, 0]
            fragment.append(bigEndian: fragmentOffset | (moreFragments ? 1 : 0))
            fragment.append(bigEndian: UInt32(identification))
            headers.append((44, fragment))
        }
        for (number, bytes) in headers.reversed() {
            chain = [next] + bytes.dropFirst() + chain
            next = number
        }
        var header: [UInt8] = [0x60, 0, 0, 0]
        header.append(bigEndian: UInt16(chain.count + payload.count))
        header += [next, timeToLive]
        header += Self.address(source) + Self.address(destination)
        return header + chain + payload
    }

    private func pseudoHeader(protocol ipProtocol: UInt8, length: Int) -> [UInt8] {
        var bytes = Self.address(source) + Self.address(destination)
        bytes.append(bigEndian: UInt32(length))
        bytes.append(bigEndian: UInt32(ipProtocol))
        return bytes
    }

    /// The checksum of RFC 1071, in simple code.
    package static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
        return ~UInt16(sum)
    }

    /// The bytes of an address in text form. Of the short forms of IPv6, it reads one `::`.
    package static func address(_ text: String) -> [UInt8] {
        guard text.contains(":") else { return text.split(separator: ".").map { UInt8($0) ?? 0 } }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = halves.map { half in half.split(separator: ":").map { UInt16($0, radix: 16) ?? 0 } }
        let tail = groups.count > 1 ? groups[1] : []
        let zeros = [UInt16](repeating: 0, count: 8 - groups[0].count - tail.count)
        return (groups[0] + zeros + tail).flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }
}

extension [UInt8] {
    package mutating func append(bigEndian value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(value & 0xFF))
    }

    package mutating func append(bigEndian value: UInt32) {
        append(bigEndian: UInt16(value >> 16))
        append(bigEndian: UInt16(value & 0xFFFF))
    }
}
