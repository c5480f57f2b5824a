/// What a template's expressions can refer to: parameters, variables, and the turn of each copy loop.
struct TemplateScope {
    typealias Mistake = TemplateExpression.Mistake

    /// A copy loop in progress.
    struct Loop {
        var name: String
        var index: Int
    }

    /// The most turns of a loop, as the cloud has it.
    static let loopLimit = 800
    /// Values within values: more is a variable that refers to itself.
    private static let depthLimit = 60

    private let parameters: Document?
    private let given: Document?
    private let variables: Document?
    var loops: [Loop] = []
    private var depth = 0

    /// - Parameters:
    ///   - template: the template.
    ///   - parameters: a parameters file, as the deployment tools take it, or a plain mapping of names to values.
    init(template: Document, parameters: Document?) {
        self.parameters = template["parameters"]
        self.given = parameters.flatMap { $0["parameters"] ?? $0 }
        self.variables = template["variables"]
    }

    // MARK: - Values

    /// A value with all its expressions replaced by what they stand for.
    func resolve(_ document: Document) throws(Mistake) -> Document {
        var scope = self
        scope.depth += 1
        guard scope.depth < TemplateScope.depthLimit else { throw .init(message: "refers to itself") }
        switch document.value {
        case .null, .boolean, .number: return document
        case .text(let text):
            guard let expression = try TemplateExpression.parse(text) else {
                return Document(.text(TemplateExpression.plain(text)), line: document.line)
            }
            return Document(try scope.value(of: expression, line: document.line).value, line: document.line)
        case .list(let list):
            var resolved: [Document] = []
            for element in list { resolved.append(try scope.resolve(element)) }
            return Document(.list(resolved), line: document.line)
        case .mapping(let members):
            var resolved: [Document.Member] = []
            for member in members {
                if Document.isSame(member.key, "copy"), let copies = member.value.list {
                    for copy in copies { resolved.append(try scope.property(copying: copy)) }
                } else {
                    resolved.append(
                        .init(key: member.key, line: member.line, value: try scope.resolve(member.value)))
                }
            }
            return Document(.mapping(resolved), line: document.line)
        }
    }

    /// The list that a property's copy loop makes.
    private func property(copying copy: Document) throws(Mistake) -> Document.Member {
        guard let name = copy["name"]?.text, let input = copy["input"] else {
            throw .init(message: "has a copy loop without name or input")
        }
        var elements: [Document] = []
        for turn in 0..<(try count(of: copy)) {
            var scope = self
            scope.loops.append(Loop(name: name, index: turn))
            elements.append(try scope.resolve(input))
        }
        return .init(key: name, line: copy.line, value: Document(.list(elements), line: copy.line))
    }

    /// The number of turns of a copy loop.
    func count(of copy: Document) throws(Mistake) -> Int {
        guard let written = copy["count"], let count = try resolve(written).integer else {
            throw .init(message: "has a copy loop without a count")
        }
        guard (0...TemplateScope.loopLimit).contains(count) else {
            throw .init(message: "has a copy loop of \(count) turns: at most \(TemplateScope.loopLimit) are possible")
        }
        return count
    }

    // MARK: - Expressions

    private func value(of expression: TemplateExpression, line: Int) throws(Mistake) -> Document {
        var scope = self
        scope.depth += 1
        guard scope.depth < TemplateScope.depthLimit else { throw .init(message: "refers to itself") }
        switch expression {
        case .text(let text): return Document(.text(text), line: line)
        case .number(let number): return Document(.number("\(number)"), line: line)
        case .property(let base, let name):
            guard let value = try scope.value(of: base, line: line)[name] else {
                throw .init(message: "refers to .\(name), which is not there")
            }
            return value
        case .element(let base, let index):
            let base = try scope.value(of: base, line: line)
            let index = try scope.value(of: index, line: line)
            if let list = base.list, let number = index.integer, list.indices.contains(number) { return list[number] }
            if let key = index.text, let value = base[key] { return value }
            throw .init(message: "refers to [\(index.text ?? index.kind)], which is not there")
        case .call(let name, let arguments): return try scope.call(name, arguments, line: line)
        }
    }

    private func call(_ name: String, _ arguments: [TemplateExpression], line: Int) throws(Mistake) -> Document {
        // Only the branch that is taken need have a value.
        if Document.isSame(name, "if"), arguments.count == 3 {
            guard let condition = try value(of: arguments[0], line: line).boolean else {
                throw .init(message: "has an if() whose condition is neither true nor false")
            }
            return try value(of: arguments[condition ? 1 : 2], line: line)
        }
        var values: [Document] = []
        for argument in arguments { values.append(try value(of: argument, line: line)) }
        switch name.lowercased() {
        case "parameters": return try parameter(try one(name, values))
        case "variables": return try variable(try one(name, values))
        case "copyindex": return Document(.number("\(try copyIndex(values))"), line: line)
        default: return Document(try TemplateFunctions.call(name, values), line: line)
        }
    }

    private func one(_ function: String, _ values: [Document]) throws(Mistake) -> String {
        guard values.count == 1, let text = values[0].text else {
            throw .init(message: "needs one name in \(function)()")
        }
        return text
    }

    private func parameter(_ name: String) throws(Mistake) -> Document {
        if let given = given?[name] {
            if let value = given["value"] { return value }
            if given["reference"] != nil {
                throw .init(message: "refers to the parameter \"\(name)\", which lies in a key vault: write its value")
            }
            if given.members == nil { return given }
        }
        guard let declared = parameters?[name] else {
            throw .init(message: "refers to the parameter \"\(name)\", which the template does not declare")
        }
        guard let value = declared["defaultValue"] else {
            throw .init(
                message:
                    "refers to the parameter \"\(name)\", which has no value: give it one in a parameters file, or a defaultValue"
            )
        }
        return try resolve(value)
    }

    private func variable(_ name: String) throws(Mistake) -> Document {
        if let value = variables?[name] { return try resolve(value) }
        for copy in variables?["copy"]?.list ?? [] where copy["name"]?.text.map({ Document.isSame($0, name) }) == true {
            return try property(copying: copy).value
        }
        throw .init(message: "refers to the variable \"\(name)\", which the template does not have")
    }

    private func copyIndex(_ values: [Document]) throws(Mistake) -> Int {
        var offset = 0
        var loop = loops.last
        for value in values {
            if case .text(let name) = value.value {
                loop = loops.last { Document.isSame($0.name, name) }
            } else {
                offset = value.integer ?? 0
            }
        }
        guard let loop else { throw .init(message: "has a copyIndex() outside of its copy loop") }
        return loop.index + offset
    }
}
