/// A tree of values read from JSON or YAML. Each value knows the line on which it was written.
struct Document: Sendable {
    enum Value: Sendable {
        case null
        case boolean(Bool)
        /// The digits as written. Code that needs a number parses them.
        case number(String)
        case text(String)
        case list([Document])
        case mapping([Member])
        /// In a template: a value that cannot be computed here, with the reason. An error is reported only if the value
        /// is needed.
        case unknown(String)
    }

    /// A key and its value.
    struct Member: Sendable {
        var key: String
        var line: Int
        var value: Document
    }

    var value: Value
    /// Counted from 1.
    var line: Int

    init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }

    /// The value of a key in a mapping. Case is ignored, as in the cloud's own interfaces; null counts as missing.
    subscript(key: String) -> Document? {
        guard case .mapping(let members) = value else { return nil }
        guard let member = members.first(where: { Document.isSame($0.key, key) }), !member.value.isNull else {
            return nil
        }
        return member.value
    }

    /// A mapping's value under a key, null too; the case of keys does not matter.
    func member(_ key: String) -> Document? {
        members?.first { Document.isSame($0.key, key) }?.value
    }

    /// Why the value, or a nested one, can't be computed; nil if it is completely known.
    var reasonUnknown: String? {
        switch value {
        case .unknown(let reason): return reason
        case .list(let list):
            for element in list { if let reason = element.reasonUnknown { return reason } }
            return nil
        case .mapping(let members):
            for member in members { if let reason = member.value.reasonUnknown { return reason } }
            return nil
        case .null, .boolean, .number, .text: return nil
        }
    }

    var isNull: Bool { if case .null = value { true } else { false } }

    var list: [Document]? { if case .list(let list) = value { list } else { nil } }

    var members: [Member]? { if case .mapping(let members) = value { members } else { nil } }

    /// The text, or the number as written; nil of anything else.
    var text: String? {
        switch value {
        case .text(let text), .number(let text): text
        case .null, .boolean, .list, .mapping, .unknown: nil
        }
    }

    /// A whole number, quoted or not.
    var integer: Int? { text.flatMap { Int($0) } }

    var boolean: Bool? {
        switch value {
        case .boolean(let value): value
        case .text(let text): Bool(text.lowercased())
        case .null, .number, .list, .mapping, .unknown: nil
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
        case .unknown: "unknown here"
        }
    }

    /// Whether two keys or words are equal except for the case of ASCII letters.
    static func isSame(_ left: String, _ right: String) -> Bool {
        let (left, right) = (left.utf8, right.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).allSatisfy { $0 == $1 || lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension Document: Equatable {
    /// By meaning: neither places nor the order of keys matter.
    static func == (left: Document, right: Document) -> Bool {
        switch (left.value, right.value) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.text(let left), .text(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.mapping(let left), .mapping(let right)):
            left.count == right.count
                && zip(left.sorted { $0.key < $1.key }, right.sorted { $0.key < $1.key }).allSatisfy {
                    $0.key == $1.key && $0.value == $1.value
                }
        default: false
        }
    }
}
