/// A tree of values out of a JSON or YAML text that remembers where everything was written.
struct Document: Sendable {
    enum Value: Sendable {
        case null
        case boolean(Bool)
        /// As written: whoever needs a number reads it.
        case number(String)
        case text(String)
        case list([Document])
        case mapping([Member])
    }

    /// A key with its value.
    struct Member: Sendable {
        var key: String
        var line: Int
        var value: Document
    }

    var value: Value
    /// From 1.
    var line: Int

    init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }

    /// A mapping's value under a key. Case does not matter, as in the cloud's own interfaces; null counts as missing.
    subscript(key: String) -> Document? {
        guard case .mapping(let members) = value else { return nil }
        guard let member = members.first(where: { Document.isSame($0.key, key) }), !member.value.isNull else {
            return nil
        }
        return member.value
    }

    var isNull: Bool { if case .null = value { true } else { false } }

    var list: [Document]? { if case .list(let list) = value { list } else { nil } }

    var members: [Member]? { if case .mapping(let members) = value { members } else { nil } }

    /// The text, or the number as written; nil of anything else.
    var text: String? {
        switch value {
        case .text(let text), .number(let text): text
        case .null, .boolean, .list, .mapping: nil
        }
    }

    /// A whole number, quoted or not.
    var integer: Int? { text.flatMap { Int($0) } }

    var boolean: Bool? {
        switch value {
        case .boolean(let value): value
        case .text(let text): Bool(text.lowercased())
        case .null, .number, .list, .mapping: nil
        }
    }

    /// What it is, for messages.
    var kind: String {
        switch value {
        case .null: "empty"
        case .boolean(let value): "\(value)"
        case .number(let text): text
        case .text(let text): "\"\(text)\""
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// Whether two keys or words are the same but for the case of ASCII letters.
    static func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (left.utf8, right.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).allSatisfy { $0 == $1 || lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension Document: Equatable {
    /// By meaning: places do not matter, nor how a number was quoted.
    static func == (left: Document, right: Document) -> Bool {
        switch (left.value, right.value) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.text(let left), .text(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.mapping(let left), .mapping(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        default: false
        }
    }
}
