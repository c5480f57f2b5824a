package import FlowLayout

/// Bits of `sluice_extension_walk.flags`.
package enum ExtensionFlags {
    /// The fragment header says that more fragments follow.
    package static let moreFragments: UInt8 = 1 << 0
    /// There are hop-by-hop options.
    package static let hopByHop: UInt8 = 1 << 1
    /// There is a fragment header.
    package static let fragment: UInt8 = 1 << 2
}

/// The extension headers of an IPv6 packet, or of one that an ICMPv6 error quotes (RFC 8200, 4).
///
/// Rules judge the protocol at the end of the chain. So a chain that is not followed to its end is `malformed`. It
/// never counts as the number of a header in its middle.
package enum IPv6Extensions {
    /// The most extension headers in one packet.
    package static var maximumCount: UInt32 { 8 }

    /// Whether a header with this number is followed by another one: hop-by-hop options, routing, fragment, destination
    /// options.
    ///
    /// ESP hides what follows. Rules treat AH as a protocol of its own, whatever it carries.
    @inline(__always)
    package static func isOne(_ number: UInt8) -> Bool { number == 0 || number == 43 || number == 44 || number == 60 }

    /// Follows the chain to the first header that is not an extension header, or to a later fragment's data.
    ///
    /// - Parameter walk: where the chain begins and how far it may reach. Afterwards: what follows the chain.
    /// - Returns: `parsed`, or a drop.
    @inline(__always)
    package static func walkExtensions<Bytes: PacketBytes>(
        _ bytes: Bytes, _ walk: UnsafeMutablePointer<sluice_extension_walk>
    ) -> Verdict {
        var offset = walk.pointee.offset
        var length = walk.pointee.length
        var next = walk.pointee.protocol
        var flags: UInt8 = 0
        var fragmented: UInt32 = 0
        var step: UInt32 = 0
        while step < maximumCount {
            // Hop-by-hop options may only come first (RFC 8200, 4.1).
            guard next != 0 || step == 0 else { return .drop(.malformed) }
            step &+= 1
            var header = sluice_eight_bytes()
            guard length >= 8, bytes.load(&header, at: offset, count: 8) else { return .drop(.malformed) }
            var size = UInt32(header.byte1) &* 8 &+ 8
            var isLaterFragment = false
            switch next {
            case 0:
                flags |= ExtensionFlags.hopByHop
            case 43:
                // Source routing must not pass a firewall: byte 2 is the type, byte 3 the segments left (RFC 5095).
                guard header.half1.bigEndian & 0xFF == 0 else { return .drop(.unsupported) }
            case 44:
                // No sender makes a fragment of a fragment: it hides what reassembly would show.
                guard flags & ExtensionFlags.fragment == 0 else { return .drop(.malformed) }
                flags |= ExtensionFlags.fragment
                let field = header.half1.bigEndian
                walk.pointee.fragmentOffset = field & 0xFFF8
                if field & 1 != 0 { flags |= ExtensionFlags.moreFragments }
                walk.pointee.identification =
                    UInt32(header.half2.bigEndian) << 16 | UInt32(header.half3.bigEndian)
                size = 8
                fragmented = 0
                isLaterFragment = field & 0xFFF8 != 0
            default:
                break
            }
            guard size <= length else { return .drop(.malformed) }
            if next != 44 && flags & ExtensionFlags.fragment != 0 { fragmented &+= size }
            next = header.byte0
            offset &+= size
            length &-= size
            // What follows the fragment header of a later fragment is data, whatever the next-header number is.
            if isLaterFragment || !isOne(next) {
                walk.pointee.offset = offset
                walk.pointee.length = length
                walk.pointee.protocol = next
                walk.pointee.flags = flags
                walk.pointee.fragmentedHeaders = UInt16(truncatingIfNeeded: fragmented)
                return .parsed
            }
        }
        return .drop(.malformed)
    }
}
