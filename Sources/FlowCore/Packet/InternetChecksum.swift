package import FlowLayout

/// The Internet checksum (RFC 1071), on values in host order.
package enum InternetChecksum {
    /// Folds a sum of 16-bit words and complements it.
    @inline(__always)
    package static func finished(_ sum: UInt32) -> UInt16 { ~folded(sum) }

    /// Folds a sum of 16-bit words.
    @inline(__always)
    package static func folded(_ sum: UInt32) -> UInt16 {
        var sum = sum
        sum = (sum & 0xFFFF) &+ (sum >> 16)
        sum = (sum & 0xFFFF) &+ (sum >> 16)
        return UInt16(truncatingIfNeeded: sum)
    }

    @inline(__always)
    package static func sum(_ value: UInt32) -> UInt32 { (value >> 16) &+ (value & 0xFFFF) }

    @inline(__always)
    package static func sum(_ value: sluice_address) -> UInt32 {
        sum(UInt32(truncatingIfNeeded: value.high >> 32)) &+ sum(UInt32(truncatingIfNeeded: value.high))
            &+ sum(UInt32(truncatingIfNeeded: value.low >> 32)) &+ sum(UInt32(truncatingIfNeeded: value.low))
    }

    /// The sum over an IPv4 header without options, from the words in memory. Folded, it is 0xFFFF if the header is
    /// valid.
    @inline(__always)
    package static func sum(_ header: sluice_ipv4_header) -> UInt32 {
        var sum = UInt32(header.versionAndLength) | UInt32(header.typeOfService) << 8
        sum &+= UInt32(header.totalLength) &+ UInt32(header.identification) &+ UInt32(header.fragment)
        sum &+= UInt32(header.timeToLive) | UInt32(header.protocol) << 8
        sum &+= UInt32(header.checksum)
        return sum &+ InternetChecksum.sum(header.source) &+ InternetChecksum.sum(header.destination)
    }
}
