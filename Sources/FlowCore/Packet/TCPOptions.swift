package import FlowLayout

/// TCP options (RFC 9293, 3.1; RFC 7323).
package enum TCPOptions {
    /// Reads the options that the judgement needs.
    ///
    /// Nothing is read after an option that is not well formed. If an option comes twice, the last one is valid, as in
    /// Linux.
    ///
    /// Each iteration reads one option and has one branch, for the end of the loop. With a branch for each kind of
    /// option, the kernel's verifier would follow every order in which options may come.
    ///
    /// - Parameters:
    ///   - options: 64 readable bytes, of which the first `length`, at most 40, are the options.
    ///   - found: zeroed memory, and `windowScale` 0xFF.
    @inline(__always)
    package static func readOptions(
        _ options: UnsafeRawPointer, length: UInt32, into found: UnsafeMutablePointer<sluice_tcp_option_values>
    ) {
        let length = UInt64(length)
        var offset: UInt64 = 0
        var iteration: UInt64 = 0
        var (scaleAt, hasScale) = (UInt64(0), UInt64(0))
        var (stampAt, hasStamp) = (UInt64(0), UInt64(0))
        var isSigned: UInt64 = 0
        while iteration < 40 {
            iteration = sluice_opaque64(iteration &+ 1)
            let kind = byte(options, offset)
            let size = byte(options, offset &+ 1)
            // 1 if the options continue: they are not at their end (kind 0, or no byte left), and the size is legal (a
            // no-operation has none).
            let isPadding = isZero(kind ^ 1)
            let step = isPadding | size &* (isPadding ^ 1)
            let isInside = isLess(offset, length) & (isLess(length, offset &+ step) ^ 1)
            let isLegal = isPadding | isLess(1, size)
            if isInside & isLegal & (isZero(kind) ^ 1) == 0 { break }
            let isScale = isZero(kind ^ 3) & isZero(size ^ 3)
            scaleAt ^= (scaleAt ^ offset) & (0 &- isScale)
            hasScale |= isScale
            let isStamp = isZero(kind ^ 8) & isZero(size ^ 10)
            stampAt ^= (stampAt ^ offset) & (0 &- isStamp)
            hasStamp |= isStamp
            // TCP-MD5 (RFC 2385), TCP-AO (RFC 5925).
            isSigned |= isZero(kind ^ 19) & isZero(size ^ 18)
            isSigned |= isZero(kind ^ 29) & isLess(3, size)
            offset &+= step
        }
        if hasScale != 0 {
            let shift = byte(options, scaleAt &+ 2)
            found.pointee.windowScale = shift > 14 ? 14 : UInt8(truncatingIfNeeded: shift)
        }
        if hasStamp != 0 {
            let high = byte(options, stampAt &+ 2) << 24 | byte(options, stampAt &+ 3) << 16
            let low = byte(options, stampAt &+ 4) << 8 | byte(options, stampAt &+ 5)
            found.pointee.timestamp = UInt32(truncatingIfNeeded: high | low)
            found.pointee.hasTimestamp = 1
        }
        found.pointee.isSigned = UInt8(truncatingIfNeeded: isSigned)
    }

    // 1 or 0, for numbers below 2^63. The result is hidden from LLVM too, which would otherwise make branches of its
    // uses.

    @inline(__always)
    private static func isLess(_ a: UInt64, _ b: UInt64) -> UInt64 {
        sluice_opaque64(sluice_opaque64(a &- b) >> 63)
    }

    @inline(__always)
    private static func isZero(_ value: UInt64) -> UInt64 { isLess(value, 1) }

    @inline(__always)
    private static func byte(_ options: UnsafeRawPointer, _ offset: UInt64) -> UInt64 {
        let bounded = sluice_opaque64(offset) & 63
        return UInt64(options.load(fromByteOffset: Int(truncatingIfNeeded: bounded), as: UInt8.self))
    }
}
