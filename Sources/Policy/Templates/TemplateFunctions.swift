/// The functions of template expressions whose results depend only on their arguments. Source: "ARM template functions"
/// in the cloud's documentation. Functions that read the template or take a lambda are in ``TemplateScope``.
enum TemplateFunctions {
    typealias Mistake = TemplateExpression.Mistake

    /// Maximum length of a text, and of a list, that a call may create.
    static let textLimit = 1 << 20
    static let listLimit = 100_000

    static func call(_ call: TemplateCall) throws(Mistake) -> Document.Value {
        try checkIdentifiers(call)
        var value = try texts(call)
        if value == nil { value = try lists(call) }
        if value == nil { value = try mappings(call) }
        if value == nil { value = try numbers(call) }
        if value == nil { value = try logic(call) }
        if value == nil { value = try encodings(call) }
        if value == nil { value = try networks(call) }
        if value == nil { value = try dates(call) }
        guard let value else { throw unavailable(call.name) }
        switch value {
        case .text(let text) where text.utf8.count > textLimit:
            throw .init(message: "calls \(call.name)() for a text of more than \(textLimit) bytes")
        case .list(let list) where list.count > listLimit:
            throw .init(message: "calls \(call.name)() for a list of more than \(listLimit) elements")
        default: return value
        }
    }

    // MARK: - What can't be evaluated here

    /// Why a function can't be evaluated here.
    private static func unavailable(_ name: String) -> Mistake {
        let function = name.lowercased()
        let remedy = "write the value itself, or make it a parameter and give it one"
        if function.hasPrefix("list") || cloudFunctions.contains(function) {
            return .init(message: "calls \(name)(), whose value is known only in the cloud: \(remedy)")
        }
        switch function {
        case "utcnow", "newguid":
            return .init(message: "calls \(name)(), which has another value at each deployment: \(remedy)")
        case "externalinput":
            return .init(message: "calls \(name)(), whose value the deployment tool supplies: \(remedy)")
        default:
            let nearest = DidYouMean.nearest(to: name, among: known).map { "did you mean \($0)()?" }
            return .init(message: "calls \(name)(), which is not a template function known here: \(nearest ?? remedy)")
        }
    }

    private static let cloudFunctions: Set<String> = [
        "reference", "references", "providers", "pickzones", "getsecret", "tologicalzone", "tologicalzones",
        "tophysicalzone", "tophysicalzones", "environments",
    ]

    /// Used only for suggestions.
    private static let known = [
        "array", "base64", "base64ToJson", "base64ToString", "bool", "cidrHost", "cidrSubnet", "coalesce", "concat",
        "contains", "createArray", "createObject", "dataUri", "dataUriToString", "dateTimeAdd", "dateTimeFromEpoch",
        "dateTimeToEpoch", "empty", "endsWith", "equals", "filter", "first", "flatten", "float", "format", "greater",
        "greaterOrEquals", "groupBy", "guid", "indexOf", "int", "intersection", "items", "join", "json", "last",
        "lastIndexOf", "length", "less", "lessOrEquals", "map", "mapValues", "max", "min", "objectKeys", "padLeft",
        "parameters", "parseCidr", "range", "reduce", "replace", "resourceGroup", "resourceId", "shallowMerge",
        "skip", "sort", "split", "startsWith", "string", "subscription", "substring", "take", "toLower", "toObject",
        "toUpper", "trim", "tryGet", "union", "uniqueString", "uri", "uriComponent", "variables",
    ]

    /// Functions that return parts of a resource id unchanged, so placeholders in it are allowed.
    private static let carriers: Set<String> = [
        "concat", "format", "split", "join", "createarray", "createobject", "array", "tolower", "toupper", "string",
        "empty", "coalesce", "first", "last", "union", "flatten", "items", "toobject", "trim", "tryget", "json",
    ]

    /// A resource id with a placeholder can't be hashed, measured or compared.
    private static func checkIdentifiers(_ call: TemplateCall) throws(Mistake) {
        guard !carriers.contains(call.function) else { return }
        for argument in call.arguments {
            if case .text(let text) = argument.value, let reason = CloudFacts.missing(in: text) {
                throw .init(message: reason)
            }
        }
    }

    // MARK: - Texts

    private static func texts(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "concat":
            if call.count > 0, try call.value(0).list != nil {
                var joined: [Document] = []
                for index in call.arguments.indices { joined += try call.list(index) }
                return .list(joined)
            }
            return .text(try call.texts().joined())
        case "format": return .text(try TemplateFormat.text(call))
        case "tolower": return .text(try call.text(0).lowercased())
        case "toupper": return .text(try call.text(0).uppercased())
        case "trim":
            let text = try call.text(0).drop(while: \.isWhitespace)
            return .text(String(text.reversed().drop(while: \.isWhitespace).reversed()))
        case "replace": return .text(replace(try call.text(0), try call.text(1), by: try call.text(2)))
        case "split":
            var separators: [String] = []
            if let list = try call.value(1).list {
                for separator in list { separators.append(separator.text ?? "") }
            } else {
                separators = [try call.text(1)]
            }
            return call.texts(split(try call.text(0), at: separators.filter { !$0.isEmpty }))
        case "join":
            var parts: [String] = []
            for element in try call.list(0) {
                parts.append(try TemplateCall(name: "join", arguments: [element], line: call.line).text(0))
            }
            return .text(parts.joined(separator: try call.text(1)))
        case "substring":
            let characters = Array(try call.text(0))
            let start = try call.number(1)
            let count = call.count > 2 ? try call.number(2) : characters.count - start
            guard start >= 0, count >= 0, start <= characters.count, count <= characters.count - start else {
                throw .init(message: "calls substring() beyond the text's end")
            }
            return .text(String(characters[start..<(start + count)]))
        case "padleft":
            let text = try call.text(0)
            let fill = call.count > 2 ? try call.text(2) : " "
            guard fill.count == 1 else {
                throw .init(message: "calls padLeft() with \"\(fill)\" where one character is needed")
            }
            let width = try call.number(1)
            guard width <= textLimit else { throw .init(message: "calls padLeft() for \(width) characters") }
            return .text(String(repeating: fill, count: max(0, width - text.count)) + text)
        case "string":
            let value = try call.known(0)
            return .text(TemplateCall.text(of: value) ?? value.json)
        case "startswith": return .boolean(try call.text(0).lowercased().hasPrefix(try call.text(1).lowercased()))
        case "endswith": return .boolean(try call.text(0).lowercased().hasSuffix(try call.text(1).lowercased()))
        case "indexof", "lastindexof": return .number("\(try position(call))")
        case "uniquestring": return .text(TemplateHash.uniqueString(try nonEmptyTexts(call)))
        case "guid": return .text(TemplateHash.guid(try nonEmptyTexts(call)))
        case "fail": throw .init(message: "says that it fails: \(try call.text(0))")
        default: return nil
        }
    }

    private static func nonEmptyTexts(_ call: TemplateCall) throws(Mistake) -> [String] {
        let texts = try call.texts()
        guard !texts.isEmpty else { throw .init(message: "calls \(call.name)() with too few arguments") }
        return texts
    }

    /// The index of a part in a text or list, from 0; -1 if it is not found.
    private static func position(_ call: TemplateCall) throws(Mistake) -> Int {
        let isLast = call.function == "lastindexof"
        if let list = try call.value(0).list {
            let wanted = try call.known(1)
            return (isLast ? list.lastIndex(of: wanted) : list.firstIndex(of: wanted)) ?? -1
        }
        let text = Array(try call.text(0).lowercased())
        let part = Array(try call.text(1).lowercased())
        guard part.count <= text.count else { return -1 }
        let starts = 0...(text.count - part.count)
        func isThere(_ start: Int) -> Bool { text[start...].starts(with: part) }
        return (isLast ? starts.last(where: isThere) : starts.first(where: isThere)) ?? -1
    }

    private static func replace(_ text: String, _ old: String, by new: String) -> String {
        guard !old.isEmpty else { return text }
        return split(text, at: [old]).joined(separator: new)
    }

    /// The parts of a text between separators. At each position the first separator that matches is used.
    static func split(_ text: String, at separators: [String]) -> [String] {
        var parts: [String] = []
        var part = ""
        var rest = Substring(text)
        while let first = rest.first {
            if let separator = separators.first(where: { rest.hasPrefix($0) }) {
                parts.append(part)
                part = ""
                rest = rest.dropFirst(separator.count)
            } else {
                part.append(first)
                rest = rest.dropFirst()
            }
        }
        return parts + [part]
    }

    // MARK: - Numbers

    private static func numbers(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "int":
            let text = try call.text(0)
            if let number = Int(text) { return .number("\(number)") }
            guard let number = Double(text), number == number.rounded(), abs(number) < 1e15 else {
                throw .init(message: "calls int() with \"\(text)\", which is not a whole number")
            }
            return .number("\(Int(number))")
        case "float":
            let text = try call.text(0)
            guard Double(text) != nil else {
                throw .init(message: "calls float() with \"\(text)\", which is not a number")
            }
            return .number(text)
        case "add", "sub", "mul", "div", "mod":
            let (left, right) = (try call.number(0), try call.number(1))
            if ["div", "mod"].contains(call.function), right == 0 { throw .init(message: "divides by 0") }
            let (value, overflow) =
                switch call.function {
                case "add": left.addingReportingOverflow(right)
                case "sub": left.subtractingReportingOverflow(right)
                case "mul": left.multipliedReportingOverflow(by: right)
                case "div": left.dividedReportingOverflow(by: right)
                default: left.remainderReportingOverflow(dividingBy: right)
                }
            guard !overflow else {
                throw .init(message: "calls \(call.name)() with a result that is too large for a number")
            }
            return .number("\(value)")
        case "min", "max":
            var numbers: [Int] = []
            let values = call.count == 1 ? try call.value(0).list ?? call.arguments : call.arguments
            let all = TemplateCall(name: call.name, arguments: values, line: call.line)
            for index in values.indices { numbers.append(try all.number(index)) }
            guard let number = call.function == "min" ? numbers.min() : numbers.max() else {
                throw .init(message: "calls \(call.name)() without numbers")
            }
            return .number("\(number)")
        default: return nil
        }
    }

    // MARK: - Logic

    private static func logic(_ call: TemplateCall) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case "bool": return .boolean(try call.boolean(0))
        case "not": return .boolean(!(try call.boolean(0)))
        case "equals": return .boolean(try call.known(0) == (try call.known(1)))
        case "less", "lessorequals", "greater", "greaterorequals":
            let order = try order(call)
            switch call.function {
            case "less": return .boolean(order < 0)
            case "lessorequals": return .boolean(order <= 0)
            case "greater": return .boolean(order > 0)
            default: return .boolean(order >= 0)
            }
        default: return nil
        }
    }

    /// Negative if the first is less. Numbers are compared by value, texts by code point.
    private static func order(_ call: TemplateCall) throws(Mistake) -> Int {
        if case .text(let left) = try call.value(0).value, case .text(let right) = try call.value(1).value {
            return left == right ? 0 : left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : 1
        }
        let (left, right) = (try call.number(0), try call.number(1))
        return left == right ? 0 : left < right ? -1 : 1
    }
}
