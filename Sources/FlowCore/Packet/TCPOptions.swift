import FlowLayout

/// TCP options (RFC 9293, 3.1; RFC 7323).
package enum TCPOptions {
    /// The shift count of the window scale option, at most 14; 0xFF where there is none, or the options are not well formed.
    ///
    /// Each iteration reads one option and has one branch, to its end: with a branch for each kind of option, the verifier of the
    /// kernel would follow every order in which options may come.
    ///
    /// - Parameters:
    ///   - options: 64 readable bytes, of which the first `length`, at most 40, are the options.
    @inline(__always)
    package static func windowScale(_ options: UnsafeRawPointer, length: UInt32) -> UInt8 {
        let length = UInt64(length)
        var offset: UInt64 = 0
        var iteration: UInt64 = 0
        while iteration < 40 {
            iteration = sluice_opaque64(iteration &+ 1)
            let kind = byte(options, offset)
            let size = byte(options, offset &+ 1)
            // 1 where the options go on: not at their end (kind 0, or no byte left), nor at the one that is looked for, and of a legal
            // size (a no-operation has none).
            let isPadding = isZero(kind ^ 1)
            let step = isPadding | size &* (isPadding ^ 1)
            let isInside = sluice_opaque64(offset &- length) >> 63
            let isLegal = isPadding | sluice_opaque64(1 &- size) >> 63
            let isEnd = isZero(kind) | isZero(kind ^ 3)
            let goesOn = isInside & isLegal & (isEnd ^ 1)
            if goesOn == 0 { break }
            offset &+= step
        }
        guard offset &+ 3 <= length, byte(options, offset) == 3, byte(options, offset &+ 1) == 3 else { return 0xFF }
        let shift = byte(options, offset &+ 2)
        return shift > 14 ? 14 : UInt8(truncatingIfNeeded: shift)
    }

    /// 1 for 0, else 0; of a byte. LLVM recognises other forms, and makes a branch of them.
    @inline(__always)
    private static func isZero(_ byte: UInt64) -> UInt64 {
        sluice_opaque64(sluice_opaque64(byte &- 1) >> 63)
    }

    @inline(__always)
    private static func byte(_ options: UnsafeRawPointer, _ offset: UInt64) -> UInt64 {
        let bounded = sluice_opaque64(offset) & 63
        return UInt64(options.load(fromByteOffset: Int(truncatingIfNeeded: bounded), as: UInt8.self))
    }
}
