/// A JSON value whose members keep their order, so that a generated document is easy to read.
indirect enum SchemaValue: Equatable, Sendable {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case list([SchemaValue])
    case object([Member])

    struct Member: Equatable, Sendable {
        var name: String
        var value: SchemaValue

        init(_ name: String, _ value: SchemaValue) {
            self.name = name
            self.value = value
        }
    }

    static func texts(_ words: [String]) -> SchemaValue { .list(words.map(SchemaValue.text)) }

    /// An object with further members; other values are unchanged.
    func with(_ members: [Member]) -> SchemaValue {
        guard case .object(let own) = self else { return self }
        return .object(own + members)
    }

    /// The JSON text, with two blanks for each level.
    func written(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return Self.quoted(text)
        case .number(let number): return "\(number)"
        case .boolean(let value): return "\(value)"
        case .list(let items):
            if items.isEmpty { return "[]" }
            return "[\n" + items.map { inner + $0.written(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { "\(inner)\(Self.quoted($0.name)): \($0.value.written(indent: inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    /// RFC 8259, 7.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
