/// The sessions of the benchmark's frames. Number n is one source address and port out of 4,200,000,000; all of them
/// use one service behind the gateway.
struct Flow {
    let number: Int

    /// 10.64.0.0/10 is routed to the client's host.
    static let sources = "10.64.0.0/10"
    static let service: UInt32 = 203 << 24 | 113 << 8 | 10
    /// The gateway's address on the client's side, for the proxy: 10.1.0.1.
    static let proxy: UInt32 = 10 << 24 | 1 << 16 | 1

    /// The only IPv6 ends, in words of 16 bits: fd00:1::10 and 2001:db8:3::10.
    static let client6: [UInt16] = [0xFD00, 1, 0, 0, 0, 0, 0, 0x10]
    static let service6: [UInt16] = [0x2001, 0xDB8, 3, 0, 0, 0, 0, 0x10]
    static let servicePort: UInt16 = 8080

    @inline(__always) var address: UInt32 { 10 << 24 | 64 << 16 | UInt32(truncatingIfNeeded: number & 0xFFFF) }
    @inline(__always) var port: UInt16 { 1024 &+ UInt16(truncatingIfNeeded: number >> 16) }
}

/// Fast pseudorandom numbers (Marsaglia's xorshift64).
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
