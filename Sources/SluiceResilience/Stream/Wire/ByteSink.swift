/// What bytes of the protocol are written to.
public protocol ByteSink {
    /// Appends all of these bytes.
    mutating func append(bytes: UnsafeRawBufferPointer)
}

extension Array: ByteSink where Element == UInt8 {
    /// Appends all of these bytes.
    public mutating func append(bytes: UnsafeRawBufferPointer) { append(contentsOf: bytes) }
}

extension ByteSink {
    /// Appends a number, big-endian.
    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.bigEndian) { append(bytes: $0) }
    }

    mutating func append(_ array: [UInt8]) {
        array.withUnsafeBytes { append(bytes: $0) }
    }
}

/// Reads big-endian numbers from bytes of known length.
struct WireCursor {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
        defer { position += MemoryLayout<Number>.size }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    mutating func next(count: Int) -> [UInt8] {
        defer { position += count }
        return [UInt8](bytes[position..<position + count])
    }
}
