/// Reads JSON (RFC 8259) into a ``Document``. Like the cloud's own template reader, it also accepts comments (`//` and
/// `/* */`), strings that span lines, and a comma after the last element.
///
/// We have our own parser because messages must name the line of values that are well-formed but wrong. No available
/// JSON reader reports that line.
struct JSONParser {
    /// What is wrong, and on which line.
    struct Mistake: Error, Equatable {
        var line: Int
        var message: String
    }

    /// Maximum depth of nested values. No tool writes a file that is nested deeper, and reading one would exhaust the
    /// stack.
    static let depthLimit = 100

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var line = 1
    private var values = 0

    static func parse(_ bytes: [UInt8]) throws(Mistake) -> Document {
        let result: Result<Document, Mistake> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer)
            do throws(Mistake) {
                return .success(try parser.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private mutating func document() throws(Mistake) -> Document {
        // Some tools write a byte order mark.
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
        try skipSpace()
        guard position < bytes.count else { throw mistake("is empty") }
        let value = try value(depth: 0)
        try skipSpace()
        guard position == bytes.count else { throw mistake("goes on after its end with \(here)") }
        return value
    }

    private mutating func value(depth: Int) throws(Mistake) -> Document {
        guard depth < JSONParser.depthLimit else { throw mistake("is nested more than \(JSONParser.depthLimit) deep") }
        values += 1
        guard values <= GroupLimits.fileValues else {
            throw mistake("holds more than \(GroupLimits.fileValues) values: split it")
        }
        let line = line
        switch current {
        case UInt8(ascii: "{"): return Document(.mapping(try members(depth: depth)), line: line)
        case UInt8(ascii: "["): return Document(.list(try elements(depth: depth)), line: line)
        case UInt8(ascii: "\""): return Document(.text(try string()), line: line)
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return Document(.number(try number()), line: line)
        }
    }

    private mutating func members(depth: Int) throws(Mistake) -> [Document.Member] {
        position += 1
        var members: [Document.Member] = []
        try skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            let line = line
            guard current == UInt8(ascii: "\"") else { throw mistake("needs a key in quotes here, but has \(here)") }
            let key = try string()
            try skipSpace()
            guard current == UInt8(ascii: ":") else { throw mistake("needs a colon after \"\(key)\", but has \(here)") }
            position += 1
            try skipSpace()
            members.append(.init(key: key, line: line, value: try value(depth: depth + 1)))
            if try isLast(closing: UInt8(ascii: "}")) { return members }
        }
    }

    private mutating func elements(depth: Int) throws(Mistake) -> [Document] {
        position += 1
        var elements: [Document] = []
        try skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            if try isLast(closing: UInt8(ascii: "]")) { return elements }
        }
    }

    /// Consumes what follows an element: a comma, the closing bracket, or both.
    private mutating func isLast(closing: UInt8) throws(Mistake) -> Bool {
        try skipSpace()
        if current == closing {
            position += 1
            return true
        }
        guard current == UInt8(ascii: ",") else {
            throw mistake("needs a comma or \(Character(UnicodeScalar(closing))) here, but has \(here)")
        }
        position += 1
        try skipSpace()
        guard current == closing else { return false }
        position += 1
        return true
    }

    private mutating func word(_ word: StaticString, _ value: Document.Value) throws(Mistake) -> Document {
        let end = position + word.utf8CodeUnitCount
        let matches =
            end <= bytes.count && (position..<end).allSatisfy { bytes[$0] == word.utf8Start[$0 - position] }
        guard matches else { throw mistake("needs a value here, but has \(here)") }
        position = end
        return Document(value, line: line)
    }

    private mutating func number() throws(Mistake) -> String {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !text.isEmpty, Double(text) != nil else {
            position = start
            throw mistake("needs a value here, but has \(here)")
        }
        return text
    }

    private mutating func string() throws(Mistake) -> String {
        let startLine = line
        position += 1
        let start = position
        // Nearly all strings have no escapes.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(Array(bytes[start..<position]))
        }
        var result = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(result)
            case UInt8(ascii: "\\"): result += try escape()
            default:
                // Templates may break a string over lines.
                if byte == UInt8(ascii: "\n") { line += 1 }
                result.append(byte)
            }
        }
        line = startLine
        throw mistake("has a string without end that begins here")
    }

    private func text(_ bytes: [UInt8]) throws(Mistake) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw mistake("is not UTF-8 text: save it as UTF-8")
        }
        return text
    }

    private mutating func escape() throws(Mistake) -> [UInt8] {
        guard let byte = current else { throw mistake("ends within a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeEscape())).utf8)
        default: throw mistake("has an escape in a string that JSON does not know: \\\(Character(UnicodeScalar(byte)))")
        }
    }

    private mutating func unicodeEscape() throws(Mistake) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw mistake("has half a surrogate pair in a string") }
        position += 2
        let second = try fourDigits()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw mistake("has half a surrogate pair in a string") }
        return scalar
    }

    private mutating func fourDigits() throws(Mistake) -> UInt32 {
        guard position + 4 <= bytes.count,
            let number = UInt32(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
        else { throw mistake("needs four hexadecimal digits after \\u") }
        position += 4
        return number
    }

    private mutating func skipSpace() throws(Mistake) {
        while let byte = current {
            switch byte {
            case 0x20, 0x09, 0x0D: position += 1
            case 0x0A:
                line += 1
                position += 1
            case UInt8(ascii: "/"): try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(Mistake) {
        let startLine = line
        position += 1
        if current == UInt8(ascii: "/") {
            while let byte = current, byte != 0x0A { position += 1 }
            return
        }
        guard current == UInt8(ascii: "*") else { throw mistake("needs a value here, but has \"/\"") }
        position += 1
        while position + 1 < bytes.count {
            if bytes[position] == UInt8(ascii: "*"), bytes[position + 1] == UInt8(ascii: "/") {
                position += 2
                return
            }
            if bytes[position] == 0x0A { line += 1 }
            position += 1
        }
        line = startLine
        throw mistake("has a comment without end that begins here")
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// The character at the current position, for messages.
    private var here: String {
        guard let byte = current else { return "the end of the file" }
        return (0x21...0x7E).contains(byte) ? "\"\(Character(UnicodeScalar(byte)))\"" : "byte \(byte)"
    }

    private func mistake(_ message: String) -> Mistake { Mistake(line: line, message: message) }
}
