/// Comparisons of TCP sequence numbers, which wrap (RFC 9293, 3.4).
package enum SequenceNumber {
    @inline(__always)
    package static func isAfter(_ a: UInt32, _ b: UInt32) -> Bool { Int32(truncatingIfNeeded: a &- b) > 0 }

    @inline(__always)
    package static func isBefore(_ a: UInt32, _ b: UInt32) -> Bool { Int32(truncatingIfNeeded: a &- b) < 0 }
}
