/// The name of a stream: 16 random bytes, chosen by the client.
public struct StreamID: Sendable, Hashable, CustomStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// A name of two numbers, as it is on the wire.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new name.
    public static func random(using generator: inout some RandomNumberGenerator) -> StreamID {
        StreamID(high: generator.next(), low: generator.next())
    }

    /// The first eight hexadecimal digits: enough for a log line.
    public var description: String {
        let digits = String(high >> 32, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
