/// A call of a template function with its argument values, and checked access to them.
struct TemplateCall {
    typealias Mistake = TemplateExpression.Mistake

    /// The name as written.
    var name: String
    var arguments: [Document]
    var line: Int

    /// Function names ignore case.
    var function: String { name.lowercased() }

    var count: Int { arguments.count }

    /// An argument that is known itself. Values nested in it may be unknown.
    func value(_ index: Int) throws(Mistake) -> Document {
        guard arguments.indices.contains(index) else {
            throw .init(message: "calls \(name)() with too few arguments")
        }
        if case .unknown(let reason) = arguments[index].value { throw .init(message: reason) }
        return arguments[index]
    }

    /// An argument that is known completely, including nested values.
    func known(_ index: Int) throws(Mistake) -> Document {
        let value = try value(index)
        if let reason = value.reasonUnknown { throw .init(message: reason) }
        return value
    }

    func text(_ index: Int) throws(Mistake) -> String {
        let value = try value(index)
        guard let text = TemplateCall.text(of: value) else { throw wrong(value, "text") }
        return text
    }

    /// A single value as text; nil for lists, mappings and null.
    static func text(of value: Document) -> String? {
        switch value.value {
        case .text(let text), .number(let text): text
        case .boolean(let value): value ? "True" : "False"
        case .null, .list, .mapping, .unknown: nil
        }
    }

    func texts(from first: Int = 0) throws(Mistake) -> [String] {
        var texts: [String] = []
        for index in arguments.indices.dropFirst(first) { texts.append(try text(index)) }
        return texts
    }

    func number(_ index: Int) throws(Mistake) -> Int {
        let value = try value(index)
        guard let number = value.integer else { throw wrong(value, "a whole number") }
        return number
    }

    func list(_ index: Int) throws(Mistake) -> [Document] {
        let value = try value(index)
        guard let list = value.list else { throw wrong(value, "a list") }
        return list
    }

    func members(_ index: Int) throws(Mistake) -> [Document.Member] {
        let value = try value(index)
        guard let members = value.members else { throw wrong(value, "a mapping") }
        return members
    }

    func boolean(_ index: Int) throws(Mistake) -> Bool {
        let value = try value(index)
        if let boolean = value.boolean { return boolean }
        switch value.text {
        case "1": return true
        case "0": return false
        default: throw wrong(value, "true or false")
        }
    }

    func wrong(_ value: Document, _ wanted: String) -> Mistake {
        .init(message: "calls \(name)() with \(value.kind) where \(wanted) is needed")
    }

    /// The result of the call, with the line of the call.
    func document(_ value: Document.Value) -> Document { Document(value, line: line) }

    func texts(_ texts: [String]) -> Document.Value { .list(texts.map { document(.text($0)) }) }
}
