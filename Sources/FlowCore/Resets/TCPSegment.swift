package import FlowLayout

/// A TCP segment without data that the firewall creates: TTL 64, DF, valid checksums (RST-3).
package struct TCPSegment: Sendable {
    package var source: sluice_address
    package var destination: sluice_address
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var sequence: UInt32
    package var acknowledgment: UInt32
    package var flags: UInt8
    package var window: UInt16
    /// 4 or 6.
    package var family: UInt8
    /// TSval and TSecr (RFC 7323, 3.2), valid if ``hasTimestamps``.
    package var timestampValue: UInt32 = 0
    package var timestampEcho: UInt32 = 0
    package var hasTimestamps = false

    @inline(__always)
    package init(
        source: sluice_address, destination: sluice_address, sourcePort: UInt16, destinationPort: UInt16,
        sequence: UInt32, acknowledgment: UInt32, flags: UInt8, window: UInt16, family: UInt8
    ) {
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.flags = flags
        self.window = window
        self.family = family
    }

    /// Bytes of the longest form: IPv6 header, TCP header and time stamps.
    package static let maximumLength = 72

    /// Bytes from the IP header on.
    @inline(__always)
    package var length: Int { (family == 4 ? 20 : 40) + headerLength }

    /// Bytes of the TCP header.
    @inline(__always)
    private var headerLength: Int { hasTimestamps ? 32 : 20 }

    /// Writes IP and TCP header, in network order, and returns their length in bytes.
    @inline(__always)
    @discardableResult
    package func write(to memory: UnsafeMutableRawPointer) -> Int {
        if family == 4 {
            writeIPv4Header(to: memory)
            writeTCPHeader(to: memory + 20)
            return length
        }
        writeIPv6Header(to: memory)
        writeTCPHeader(to: memory + 40)
        return length
    }

    /// RFC 791, 3.1.
    @inline(__always)
    package func writeIPv4Header(to memory: UnsafeMutableRawPointer) {
        let from = source.ipv4
        let to = destination.ipv4
        var sum = UInt32(0x4500 + 0x4000 + 0x4006) &+ UInt32(truncatingIfNeeded: length)
        sum &+= from >> 16 &+ from & 0xFFFF
        sum &+= to >> 16 &+ to & 0xFFFF
        put32(memory, 0, 0x4500_0000 | UInt32(truncatingIfNeeded: length))
        put32(memory, 4, 0x0000_4000)
        put16(memory, 8, 0x4006)
        put16(memory, 10, InternetChecksum.finished(sum))
        put32(memory, 12, from)
        put32(memory, 16, to)
    }

    /// RFC 8200, 3.
    @inline(__always)
    package func writeIPv6Header(to memory: UnsafeMutableRawPointer) {
        put32(memory, 0, 0x6000_0000)
        put32(memory, 4, UInt32(truncatingIfNeeded: headerLength) << 16 | 0x0640)
        put32(memory, 8, UInt32(truncatingIfNeeded: source.high >> 32))
        put32(memory, 12, UInt32(truncatingIfNeeded: source.high))
        put32(memory, 16, UInt32(truncatingIfNeeded: source.low >> 32))
        put32(memory, 20, UInt32(truncatingIfNeeded: source.low))
        put32(memory, 24, UInt32(truncatingIfNeeded: destination.high >> 32))
        put32(memory, 28, UInt32(truncatingIfNeeded: destination.high))
        put32(memory, 32, UInt32(truncatingIfNeeded: destination.low >> 32))
        put32(memory, 36, UInt32(truncatingIfNeeded: destination.low))
    }

    /// RFC 9293, 3.1.
    @inline(__always)
    package func writeTCPHeader(to memory: UnsafeMutableRawPointer) {
        put16(memory, 0, sourcePort)
        put16(memory, 2, destinationPort)
        put32(memory, 4, sequence)
        put32(memory, 8, acknowledgment)
        put16(memory, 12, offsetAndFlags)
        put16(memory, 14, window)
        put16(memory, 16, InternetChecksum.finished(pseudoHeaderSum &+ headerSum))
        put16(memory, 18, 0)
        guard hasTimestamps else { return }
        put32(memory, 20, 0x0101_080A)
        put32(memory, 24, timestampValue)
        put32(memory, 28, timestampEcho)
    }

    /// The header's length in words, and the control bits.
    @inline(__always)
    private var offsetAndFlags: UInt16 { UInt16(truncatingIfNeeded: headerLength) << 10 | UInt16(flags) }

    /// The sum over the pseudo-header (RFC 9293, 3.1), not complemented.
    @inline(__always)
    package var pseudoHeaderSum: UInt32 {
        var sum = UInt32(IPProtocol.tcp) &+ UInt32(truncatingIfNeeded: headerLength)
        if family == 4 {
            sum &+= InternetChecksum.sum(source.ipv4) &+ InternetChecksum.sum(destination.ipv4)
        } else {
            sum &+= InternetChecksum.sum(source) &+ InternetChecksum.sum(destination)
        }
        return sum
    }

    @inline(__always)
    private var headerSum: UInt32 {
        UInt32(sourcePort) &+ UInt32(destinationPort) &+ InternetChecksum.sum(sequence)
            &+ InternetChecksum.sum(acknowledgment) &+ UInt32(offsetAndFlags) &+ UInt32(window)
            &+ (hasTimestamps
                ? 0x0101 + 0x080A &+ InternetChecksum.sum(timestampValue) &+ InternetChecksum.sum(timestampEcho) : 0)
    }

    @inline(__always)
    private func put16(_ memory: UnsafeMutableRawPointer, _ offset: Int, _ value: UInt16) {
        memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// In two halves, because an IPv6 or TCP field may be at any even address.
    @inline(__always)
    private func put32(_ memory: UnsafeMutableRawPointer, _ offset: Int, _ value: UInt32) {
        put16(memory, offset, UInt16(truncatingIfNeeded: value >> 16))
        put16(memory, offset &+ 2, UInt16(truncatingIfNeeded: value))
    }
}
