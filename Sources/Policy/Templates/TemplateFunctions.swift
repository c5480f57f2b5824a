/// The functions of template expressions whose values lie in the template alone.
enum TemplateFunctions {
    typealias Mistake = TemplateExpression.Mistake

    static func call(_ name: String, _ arguments: [Document]) throws(Mistake) -> Document.Value {
        let call = Call(name: name, arguments: arguments)
        if let value = try texts(call) { return value }
        if let value = try lists(call) { return value }
        if let value = try numbers(call) { return value }
        if let value = try logic(call) { return value }
        if let value = try identifiers(call) { return value }
        throw .init(
            message:
                "calls \(name)(), whose value is known only in the cloud, or to no version of sluice: write the value itself"
        )
    }

    /// A call with its arguments, which can be asked for as what they have to be.
    struct Call {
        var name: String
        var arguments: [Document]

        var function: String { name.lowercased() }

        func text(_ index: Int) throws(Mistake) -> String {
            guard arguments.indices.contains(index) else { throw missing(index) }
            switch arguments[index].value {
            case .text(let text), .number(let text): return text
            case .boolean(let value): return value ? "True" : "False"
            case .null, .list, .mapping: throw wrong(index, "text")
            }
        }

        func number(_ index: Int) throws(Mistake) -> Int {
            guard arguments.indices.contains(index) else { throw missing(index) }
            guard let number = arguments[index].integer else { throw wrong(index, "a whole number") }
            return number
        }

        func list(_ index: Int) throws(Mistake) -> [Document] {
            guard arguments.indices.contains(index) else { throw missing(index) }
            guard let list = arguments[index].list else { throw wrong(index, "a list") }
            return list
        }

        func boolean(_ index: Int) throws(Mistake) -> Bool {
            guard arguments.indices.contains(index) else { throw missing(index) }
            guard let value = arguments[index].boolean else { throw wrong(index, "true or false") }
            return value
        }

        private func missing(_ index: Int) -> Mistake { .init(message: "calls \(name)() with too few arguments") }

        private func wrong(_ index: Int, _ wanted: String) -> Mistake {
            .init(message: "calls \(name)() with \(arguments[index].kind) where \(wanted) is needed")
        }
    }

    private static func texts(_ call: Call) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "concat":
            if call.arguments.first?.list != nil {
                var joined: [Document] = []
                for index in call.arguments.indices { joined += try call.list(index) }
                return .list(joined)
            }
            var joined = ""
            for index in call.arguments.indices { joined += try call.text(index) }
            return .text(joined)
        case "format": return .text(try format(call))
        case "tolower": return .text(try call.text(0).lowercased())
        case "toupper": return .text(try call.text(0).uppercased())
        case "trim":
            let text = try call.text(0).drop(while: \.isWhitespace)
            return .text(String(text.reversed().drop(while: \.isWhitespace).reversed()))
        case "replace": return .text(replace(try call.text(0), try call.text(1), by: try call.text(2)))
        case "split":
            let text = try call.text(0)
            guard let separator = try call.text(1).first else { return .list(call.arguments) }
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            return .list(parts.map { Document(.text(String($0)), line: call.arguments[0].line) })
        case "join":
            var parts: [String] = []
            for element in try call.list(0) { parts.append(try Call(name: "join", arguments: [element]).text(0)) }
            return .text(parts.joined(separator: try call.text(1)))
        case "substring":
            let characters = Array(try call.text(0))
            let start = try call.number(1)
            let count = call.arguments.count > 2 ? try call.number(2) : characters.count - start
            guard start >= 0, count >= 0, start <= characters.count, count <= characters.count - start else {
                throw .init(message: "calls substring() beyond the text's end")
            }
            return .text(String(characters[start..<(start + count)]))
        case "padleft":
            let text = try call.text(0)
            let fill = call.arguments.count > 2 ? try call.text(2) : " "
            return .text(String(repeating: fill, count: max(0, min(256, try call.number(1)) - text.count)) + text)
        case "string": return .text(try call.text(0))
        case "startswith": return .boolean(try call.text(0).lowercased().hasPrefix(try call.text(1).lowercased()))
        case "endswith": return .boolean(try call.text(0).lowercased().hasSuffix(try call.text(1).lowercased()))
        case "indexof":
            let text = Array(try call.text(0).lowercased())
            let part = Array(try call.text(1).lowercased())
            let starts = 0...max(0, text.count - part.count)
            return .number("\(starts.first { text[$0...].starts(with: part) } ?? -1)")
        default: return nil
        }
    }

    private static func lists(_ call: Call) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "createarray": return .list(call.arguments)
        case "array": return call.arguments.first?.list != nil ? call.arguments[0].value : .list(call.arguments)
        case "length":
            if let list = call.arguments.first?.list { return .number("\(list.count)") }
            if let members = call.arguments.first?.members { return .number("\(members.count)") }
            return .number("\(try call.text(0).count)")
        case "first":
            if let list = call.arguments.first?.list, let first = list.first { return first.value }
            return .text(String(try call.text(0).prefix(1)))
        case "last":
            if let list = call.arguments.first?.list, let last = list.last { return last.value }
            return .text(String(try call.text(0).suffix(1)))
        case "take":
            let count = max(0, try call.number(1))
            if let list = call.arguments.first?.list { return .list(Array(list.prefix(count))) }
            return .text(String(try call.text(0).prefix(count)))
        case "skip":
            let count = max(0, try call.number(1))
            if let list = call.arguments.first?.list { return .list(Array(list.dropFirst(count))) }
            return .text(String(try call.text(0).dropFirst(count)))
        case "range":
            let count = try call.number(1)
            guard (0...10_000).contains(count) else { throw .init(message: "calls range() for \(count) numbers") }
            let start = try call.number(0)
            let line = call.arguments[0].line
            return .list((0..<count).map { Document(.number("\(start &+ $0)"), line: line) })
        case "union":
            var joined: [Document] = []
            for index in call.arguments.indices {
                for element in try call.list(index) where !joined.contains(element) { joined.append(element) }
            }
            return .list(joined)
        case "contains":
            if let list = call.arguments.first?.list, call.arguments.count > 1 {
                return .boolean(list.contains(call.arguments[1]))
            }
            if call.arguments.first?.members != nil { return .boolean(call.arguments[0][try call.text(1)] != nil) }
            let part = Array(try call.text(1))
            let text = Array(try call.text(0))
            return .boolean(text.indices.contains { text[$0...].starts(with: part) } || part.isEmpty)
        case "empty":
            guard let argument = call.arguments.first else { return nil }
            if let list = argument.list { return .boolean(list.isEmpty) }
            if let members = argument.members { return .boolean(members.isEmpty) }
            return .boolean(argument.isNull || argument.text == "")
        default: return nil
        }
    }

    private static func numbers(_ call: Call) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "int": return .number("\(try call.number(0))")
        case "add": return .number("\(try call.number(0) &+ (try call.number(1)))")
        case "sub": return .number("\(try call.number(0) &- (try call.number(1)))")
        case "mul": return .number("\(try call.number(0) &* (try call.number(1)))")
        case "div", "mod":
            let (left, right) = (try call.number(0), try call.number(1))
            guard right != 0, right != -1 else { throw .init(message: "divides by \(right)") }
            return .number("\(call.function == "div" ? left / right : left % right)")
        case "min", "max":
            var numbers: [Int] = []
            for index in call.arguments.indices { numbers.append(try call.number(index)) }
            return (call.function == "min" ? numbers.min() : numbers.max()).map { .number("\($0)") }
        default: return nil
        }
    }

    private static func logic(_ call: Call) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case "bool": return .boolean(try call.boolean(0))
        case "not": return .boolean(!(try call.boolean(0)))
        case "and", "or":
            var values: [Bool] = []
            for index in call.arguments.indices { values.append(try call.boolean(index)) }
            return .boolean(call.function == "and" ? !values.contains(false) : values.contains(true))
        case "equals" where call.arguments.count == 2: return .boolean(call.arguments[0] == call.arguments[1])
        case "less": return .boolean(try call.number(0) < (try call.number(1)))
        case "lessorequals": return .boolean(try call.number(0) <= (try call.number(1)))
        case "greater": return .boolean(try call.number(0) > (try call.number(1)))
        case "greaterorequals": return .boolean(try call.number(0) >= (try call.number(1)))
        case "coalesce": return (call.arguments.first { !$0.isNull })?.value
        default: return nil
        }
    }

    /// `resourceId` makes an identifier. Its subscription and resource group are known only in the cloud, and nothing here depends on
    /// them: what counts are type and name.
    private static func identifiers(_ call: Call) throws(Mistake) -> Document.Value? {
        guard call.function == "resourceid" else { return nil }
        var parts: [String] = []
        for index in call.arguments.indices { parts.append(try call.text(index)) }
        guard let typeIndex = parts.firstIndex(where: { $0.contains("/") }) else {
            throw .init(
                message: "calls resourceId() without a type such as Microsoft.Network/applicationSecurityGroups")
        }
        let type = parts[typeIndex].split(separator: "/").map(String.init)
        let names = parts[(typeIndex + 1)...]
        guard names.count == type.count - 1 else {
            throw .init(message: "calls resourceId() with \(names.count) names for \(parts[typeIndex])")
        }
        let path = zip(type.dropFirst(), names).flatMap { [$0, $1] }.joined(separator: "/")
        return .text("/providers/\(type[0])/\(path)")
    }

    /// `format('{0}-{1}', ...)`; `{{` is a brace.
    private static func format(_ call: Call) throws(Mistake) -> String {
        var result = ""
        var rest = Substring(try call.text(0))
        while let character = rest.first {
            rest = rest.dropFirst()
            if (character == "{" || character == "}"), rest.first == character {
                result.append(character)
                rest = rest.dropFirst()
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw .init(message: "has a { without } in format()") }
                // What follows a colon is a way to write numbers: not known here.
                guard let number = Int(rest[..<end]), number >= 0 else {
                    throw .init(message: "has {\(rest[..<end])} in format(): only {0}, {1}, ... are known")
                }
                result += try call.text(number + 1)
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(character)
            }
        }
        return result
    }

    private static func replace(_ text: String, _ old: String, by new: String) -> String {
        guard !old.isEmpty else { return text }
        var result = ""
        var rest = Substring(text)
        while let first = rest.first {
            if rest.hasPrefix(old) {
                result += new
                rest = rest.dropFirst(old.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
