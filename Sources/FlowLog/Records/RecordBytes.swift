internal import FlowLayout
internal import Policy

/// Builds the text of records as bytes. A JSON encoder is too slow for the rate of sessions.
struct RecordBytes {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ text: StaticString) { text.withUTF8Buffer { bytes += $0 } }
    mutating func raw(_ text: String) { bytes += text.utf8 }

    mutating func number(_ value: some FixedWidthInteger & UnsignedInteger) {
        var rest = UInt64(value)
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest != 0
        bytes[start...].reverse()
    }

    /// A JSON string with its quotes (RFC 8259, 7).
    mutating func quoted(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: bytes += Array("\\u00".utf8) + [Self.digit(byte >> 4), Self.digit(byte & 0xF)]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func address(_ address: sluice_address, family: UInt8) {
        guard family == 4 else {
            raw(NetworkAddress(family: .ipv6, layout: address).description)
            return
        }
        let value = UInt32(truncatingIfNeeded: address.low)
        for shift in [UInt32(24), 16, 8, 0] {
            number((value >> shift) & 0xFF)
            if shift > 0 { bytes.append(UInt8(ascii: ".")) }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
