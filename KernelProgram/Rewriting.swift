import FlowLayout
import KernelFunctions

/// Writes the next hop into an Ethernet frame with an IPv4 packet, and decrements its TTL (RFC 1812, 5.3.1; RFC 1141).
///
/// - Parameter frame: at least 34 writable bytes.
@c(sluice_rewrite_ipv4_body)
@inline(__always)
func rewriteIPv4Body(_ frame: UnsafeMutableRawPointer, _ route: UnsafePointer<sluice_route>) {
    rewriteLink(frame, route, etherType: 0x0008)
    let timeToLive = frame.load(fromByteOffset: 22, as: UInt8.self)
    frame.storeBytes(of: timeToLive &- 1, toByteOffset: 22, as: UInt8.self)
    // The TTL is the high byte of its word: the complemented sum increases by 0x0100 in network order.
    let sum = UInt32(frame.load(fromByteOffset: 24, as: UInt16.self)) &+ 1
    frame.storeBytes(of: UInt16(truncatingIfNeeded: sum &+ (sum >> 16)), toByteOffset: 24, as: UInt16.self)
}

/// The same for IPv6's hop limit.
///
/// - Parameter frame: at least 54 writable bytes.
@c(sluice_rewrite_ipv6_body)
@inline(__always)
func rewriteIPv6Body(_ frame: UnsafeMutableRawPointer, _ route: UnsafePointer<sluice_route>) {
    rewriteLink(frame, route, etherType: 0xDD86)
    let hopLimit = frame.load(fromByteOffset: 21, as: UInt8.self)
    frame.storeBytes(of: hopLimit &- 1, toByteOffset: 21, as: UInt8.self)
}

@inline(__always)
private func rewriteLink(
    _ frame: UnsafeMutableRawPointer, _ route: UnsafePointer<sluice_route>, etherType: UInt16
) {
    let addresses = UnsafeRawPointer(route) + 8
    frame.storeBytes(of: addresses.load(fromByteOffset: 0, as: UInt32.self), toByteOffset: 0, as: UInt32.self)
    frame.storeBytes(of: addresses.load(fromByteOffset: 4, as: UInt32.self), toByteOffset: 4, as: UInt32.self)
    frame.storeBytes(of: addresses.load(fromByteOffset: 8, as: UInt32.self), toByteOffset: 8, as: UInt32.self)
    frame.storeBytes(of: etherType, toByteOffset: 12, as: UInt16.self)
}
