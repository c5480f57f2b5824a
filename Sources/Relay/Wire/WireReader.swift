/// Why a text is not JSON: the text of Go's `encoding/json`.
package struct WireSyntaxError: Error, Equatable {
    package var text: String
}

/// Reads the first JSON value of a body, as Go's `json.Decoder` does: what follows it is ignored.
package struct WireReader {
    private let bytes: [UInt8]
    private var position = 0

    /// Deeper values are refused.
    private static let deepest = 64

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Throws: ``WireSyntaxError`` with Go's text, such as `EOF` for an empty body.
    package static func read(_ bytes: [UInt8]) throws(WireSyntaxError) -> WireValue {
        var reader = WireReader(bytes)
        reader.skipSpace()
        guard reader.position < bytes.count else { throw WireSyntaxError(text: "EOF") }
        return try reader.value(depth: 0)
    }

    // MARK: - Values

    private mutating func value(depth: Int) throws(WireSyntaxError) -> WireValue {
        guard depth < WireReader.deepest else { throw WireSyntaxError(text: "exceeded max depth") }
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func object(depth: Int) throws(WireSyntaxError) -> WireValue {
        position += 1
        var members: [WireMember] = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else {
                throw unexpected("looking for beginning of object key string")
            }
            let key = try string()
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw unexpected("after object key") }
            position += 1
            members.append(WireMember(key: key, value: try value(depth: depth + 1)))
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(members)
            default: throw unexpected("after object key:value pair")
            }
        }
    }

    private mutating func array(depth: Int) throws(WireSyntaxError) -> WireValue {
        position += 1
        var values: [WireValue] = []
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            values.append(try value(depth: depth + 1))
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(values)
            default: throw unexpected("after array element")
            }
        }
    }

    private mutating func literal(_ word: String, _ value: WireValue) throws(WireSyntaxError) -> WireValue {
        position += 1
        for expected in word.utf8.dropFirst() {
            guard try peek() == expected else {
                throw unexpected("in literal \(word) (expecting '\(Character(UnicodeScalar(expected)))')")
            }
            position += 1
        }
        return value
    }

    private mutating func number() throws(WireSyntaxError) -> String {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if try peek() == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits()
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits("after decimal point in numeric literal")
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(try peek()) { position += 1 }
            try digits("in exponent of numeric literal")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits(_ context: String = "in numeric literal") throws(WireSyntaxError) {
        guard (0x30...0x39).contains(try peek()) else { throw unexpected(context) }
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
    }

    private mutating func string() throws(WireSyntaxError) -> String {
        position += 1
        var units: [UInt8] = []
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: units, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &units)
            case 0..<0x20: throw unexpected("in string literal")
            default:
                units.append(byte)
                position += 1
            }
        }
    }

    private mutating func escape(into units: inout [UInt8]) throws(WireSyntaxError) {
        let byte = try peek()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(8)
        case UInt8(ascii: "f"): units.append(12)
        case UInt8(ascii: "n"): units.append(10)
        case UInt8(ascii: "r"): units.append(13)
        case UInt8(ascii: "t"): units.append(9)
        case UInt8(ascii: "u"):
            position += 1
            units.append(contentsOf: Array(String(Character(try escapedScalar())).utf8))
            return
        default: throw unexpected("in string escape code")
        }
        position += 1
    }

    /// After `\u`. Half of a surrogate pair becomes U+FFFD, as in Go.
    private mutating func escapedScalar() throws(WireSyntaxError) -> UnicodeScalar {
        let first = try hexDigits()
        guard (0xD800...0xDFFF).contains(first) else { return UnicodeScalar(first) ?? "\u{FFFD}" }
        guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let before = position
        position += 2
        let second = try hexDigits()
        guard (0xDC00...0xDFFF).contains(second) else {
            position = before
            return "\u{FFFD}"
        }
        return UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func hexDigits() throws(WireSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(try peek())).hexDigitValue else {
                throw unexpected("in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: - Bytes

    private func peek() throws(WireSyntaxError) -> UInt8 {
        guard position < bytes.count else { throw WireSyntaxError(text: "unexpected EOF") }
        return bytes[position]
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private func unexpected(_ context: String) -> WireSyntaxError {
        let byte = bytes[position]
        let name =
            switch byte {
            case UInt8(ascii: "'"): "'\\''"
            case UInt8(ascii: "\n"): "'\\n'"
            case UInt8(ascii: "\r"): "'\\r'"
            case UInt8(ascii: "\t"): "'\\t'"
            case UInt8(ascii: "\\"): "'\\\\'"
            case 0x20..<0x7F: "'\(Character(UnicodeScalar(byte)))'"
            case 0x80...: "'\(Character(UnicodeScalar(byte)))'"
            default: "'\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))'"
            }
        return WireSyntaxError(text: "invalid character \(name) \(context)")
    }
}
