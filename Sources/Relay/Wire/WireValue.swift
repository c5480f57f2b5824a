/// A JSON value as it stood on the wire: members in their order, numbers as they were written.
///
/// toxiproxy's clients expect what Go's `encoding/json` accepts and writes. So this is neither Foundation's decoder nor
/// Foundation's encoder: key order, escapes and error texts are Go's.
package indirect enum WireValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The digits as written.
    case number(String)
    case string(String)
    case array([WireValue])
    case object([WireMember])

    package static func integer(_ value: some BinaryInteger) -> WireValue { .number(String(value)) }

    /// An object from pairs, in order.
    package static func members(_ pairs: KeyValuePairs<String, WireValue>) -> WireValue {
        .object(pairs.map { WireMember(key: $0.key, value: $0.value) })
    }

    /// Go's word for the kind of value, as in its error texts.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .number(let digits): "number \(digits)"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// The first member of an object with this key, exactly; nil for other values.
    package subscript(key: String) -> WireValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// A decimal number as Go writes it: `1`, `0.5`.
    package static func decimal(_ value: Float) -> WireValue {
        let text = "\(value)"
        return .number(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
}

/// One key and its value.
package struct WireMember: Equatable, Sendable {
    package var key: String
    package var value: WireValue

    package init(key: String, value: WireValue) {
        self.key = key
        self.value = value
    }
}

extension WireValue {
    /// The text, without spaces, with Go's escapes (`<`, `>` and `&` too).
    package var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let string): WireValue.write(string, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                WireValue.write(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
