/// Which sessions the benchmark's frames belong to: number n is one source address and port out of 4,200,000,000, all of them
/// to one service behind the gateway.
struct Flow {
    let number: Int

    /// 10.64.0.0/10 lies behind the client's host.
    static let sources = "10.64.0.0/10"
    static let service: UInt32 = 203 << 24 | 113 << 8 | 10
    /// The gateway as the client sees it, where it is a proxy: 10.1.0.1.
    static let proxy: UInt32 = 10 << 24 | 1 << 16 | 1

    /// The only ends of IPv6, in words of 16 bits: fd00:1::10 and 2001:db8:3::10.
    static let client6: [UInt16] = [0xFD00, 1, 0, 0, 0, 0, 0, 0x10]
    static let service6: [UInt16] = [0x2001, 0xDB8, 3, 0, 0, 0, 0, 0x10]
    static let servicePort: UInt16 = 8080

    @inline(__always) var address: UInt32 { 10 << 24 | 64 << 16 | UInt32(truncatingIfNeeded: number & 0xFFFF) }
    @inline(__always) var port: UInt16 { 1024 &+ UInt16(truncatingIfNeeded: number >> 16) }
}

/// Numbers that look random, from a few instructions (Marsaglia's xorshift64).
struct XorShift {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    /// Below `bound`, which is below 2^32.
    @inline(__always)
    mutating func next(below bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(((state >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
    }
}
