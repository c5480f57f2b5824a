extension Document {
    /// The value as compact JSON (RFC 8259), the form that the template function `string()` returns.
    var json: String {
        switch value {
        case .null, .unknown: "null"
        case .boolean(let value): "\(value)"
        case .number(let text): text
        case .text(let text): Document.quoted(text)
        case .list(let list): "[\(list.map(\.json).joined(separator: ","))]"
        case .mapping(let members):
            "{\(members.map { "\(Document.quoted($0.key)):\($0.value.json)" }.joined(separator: ","))}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
