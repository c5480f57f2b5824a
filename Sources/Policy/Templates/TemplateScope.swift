/// What a template's expressions can refer to: parameters, variables, functions, known facts about the cloud, and the
/// current iteration of each copy loop.
///
/// Values are evaluated lazily. A member or an argument that can't be computed becomes ``Document/Value/unknown(_:)``,
/// and is an error only if it is used.
struct TemplateScope {
    typealias Mistake = TemplateExpression.Mistake

    /// A copy loop in progress.
    struct Loop {
        enum Kind { case resource, property }

        var name: String
        var index: Int
        var kind: Kind
    }

    /// The computed values of one template, so that each is computed once.
    final class Memory {
        var values: [String: Result<Document, Mistake>] = [:]
        /// Values whose computation is in progress. Meeting one again means that it refers to itself.
        var inProgress: Set<String> = []
    }

    /// Limits the work for one file, including all its nested templates.
    final class Budget {
        fileprivate(set) var steps = 0
        fileprivate var depth = 0
        fileprivate var expressions: [String: TemplateExpression?] = [:]
    }

    /// Maximum iterations of a loop, as in the cloud.
    static let loopLimit = 800
    /// Maximum nesting of expressions, including variables and parameters.
    private static let depthLimit = 120
    private static let stepLimit = 5_000_000
    /// Maximum number of values nested in a variable or parameter.
    private static let sizeLimit = 1_000_000

    let template: Document
    let cloud: CloudFacts
    /// Parameter values that were passed: `{ name: { value } }`, or just `{ name: value }`.
    let given: Document?
    private let memory = Memory()
    let budget: Budget
    var loops: [Loop] = []
    /// The variables of the enclosing lambdas.
    var lambdaVariables: [String: Document] = [:]
    /// Within a function defined in the template: its arguments. It can refer to nothing else.
    private var functionArguments: [String: Document]?

    /// - Parameters:
    ///   - template: the template.
    ///   - parameters: a parameters file in the format of the deployment tools, or a plain mapping of names to values.
    init(template: Document, parameters: Document?, cloud: CloudFacts = CloudFacts(), budget: Budget = Budget()) {
        self.template = template
        self.given = parameters.flatMap { $0["parameters"] ?? $0 }
        self.cloud = cloud
        self.budget = budget
    }

    // MARK: - Values

    /// A value with all its expressions replaced by their results. Fails if one can't be computed.
    func resolve(_ document: Document) throws(Mistake) -> Document {
        try enter()
        defer { leave() }
        switch document.value {
        case .null, .boolean, .number: return document
        case .unknown(let reason): throw .init(message: reason)
        case .text(let text):
            guard let expression = try parsed(text) else {
                return Document(.text(TemplateExpression.plain(text)), line: document.line)
            }
            return Document(try value(of: expression, line: document.line).value, line: document.line)
        case .list(let list):
            return Document(.list(list.map { lazily($0) }), line: document.line)
        case .mapping(let members):
            var resolved: [Document.Member] = []
            for member in members {
                if Document.isSame(member.key, "copy"), let copies = member.value.list {
                    for copy in copies { resolved.append(try property(copying: copy)) }
                } else {
                    let key = lazily(Document(.text(member.key), line: member.line)).text ?? member.key
                    resolved.append(.init(key: key, line: member.line, value: lazily(member.value)))
                }
            }
            return Document(.mapping(resolved), line: document.line)
        }
    }

    /// As ``resolve(_:)``, but a value that can't be computed becomes an unknown value.
    func lazily(_ document: Document) -> Document {
        do throws(Mistake) {
            return try resolve(document)
        } catch {
            return Document(.unknown(error.message), line: document.line)
        }
    }

    private func lazily(_ expression: TemplateExpression, line: Int) -> Document {
        do throws(Mistake) {
            return try value(of: expression, line: line)
        } catch {
            return Document(.unknown(error.message), line: line)
        }
    }

    private func parsed(_ text: String) throws(Mistake) -> TemplateExpression? {
        if let known = budget.expressions[text] { return known }
        let expression = try TemplateExpression.parse(text)
        budget.expressions[text] = .some(expression)
        return expression
    }

    private func enter() throws(Mistake) {
        budget.steps += 1
        budget.depth += 1
        guard budget.depth < TemplateScope.depthLimit else {
            leave()
            throw .init(message: "refers to values within values more than \(TemplateScope.depthLimit) deep")
        }
        guard budget.steps < TemplateScope.stepLimit else {
            leave()
            throw .init(message: "takes more than \(TemplateScope.stepLimit) steps to evaluate: split the template")
        }
    }

    private func leave() { budget.depth -= 1 }

    /// Computes a parameter's or variable's value once.
    func once(_ key: String, _ find: () throws(Mistake) -> Document) throws(Mistake) -> Document {
        if let known = memory.values[key] { return try known.get() }
        guard memory.inProgress.insert(key).inserted else { throw .init(message: "refers to itself") }
        defer { memory.inProgress.remove(key) }
        let result: Result<Document, Mistake>
        do throws(Mistake) {
            let value = try find()
            var count = 0
            guard TemplateScope.isWithin(TemplateScope.sizeLimit, value, &count) else {
                throw .init(message: "refers to a value that holds more than \(TemplateScope.sizeLimit) others")
            }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        memory.values[key] = result
        return try result.get()
    }

    private static func isWithin(_ limit: Int, _ document: Document, _ count: inout Int) -> Bool {
        count += 1
        guard count <= limit else { return false }
        if let list = document.list {
            for element in list where !isWithin(limit, element, &count) { return false }
        } else if let members = document.members {
            for member in members where !isWithin(limit, member.value, &count) { return false }
        }
        return true
    }

    // MARK: - Copy loops

    /// The list that a property's copy loop creates.
    private func property(copying copy: Document) throws(Mistake) -> Document.Member {
        guard let name = copy["name"]?.text, let input = copy.member("input") else {
            throw .init(message: "has a copy loop without name or input")
        }
        var elements: [Document] = []
        for iteration in 0..<(try count(of: copy)) {
            elements.append(within(Loop(name: name, index: iteration, kind: .property)).lazily(input))
        }
        return .init(key: name, line: copy.line, value: Document(.list(elements), line: copy.line))
    }

    /// The scope of one iteration of a loop.
    func within(_ loop: Loop) -> TemplateScope {
        var scope = self
        scope.loops.append(loop)
        return scope
    }

    /// The number of iterations of a copy loop.
    func count(of copy: Document) throws(Mistake) -> Int {
        guard let written = copy["count"] else { throw .init(message: "has a copy loop without a count") }
        let value = try resolve(written)
        if case .unknown(let reason) = value.value { throw .init(message: reason) }
        guard let count = value.integer else { throw .init(message: "has a copy loop whose count is \(value.kind)") }
        guard (0...TemplateScope.loopLimit).contains(count) else {
            throw .init(
                message: "has a copy loop of \(count) iterations: at most \(TemplateScope.loopLimit) are possible")
        }
        return count
    }

    private func copyIndex(_ call: TemplateCall) throws(Mistake) -> Document.Value {
        var offset = 0
        // Without a name, the resource's loop is meant.
        var loop = loops.last { $0.kind == .resource } ?? loops.last
        for index in call.arguments.indices {
            if case .text(let name) = try call.value(index).value {
                loop = loops.last { Document.isSame($0.name, name) }
            } else {
                offset = try call.number(index)
            }
        }
        guard let loop else { throw .init(message: "has a copyIndex() outside of its copy loop") }
        return .number("\(loop.index &+ offset)")
    }

    // MARK: - Expressions

    func value(of expression: TemplateExpression, line: Int) throws(Mistake) -> Document {
        try enter()
        defer { leave() }
        switch expression {
        case .text(let text): return Document(.text(text), line: line)
        case .number(let number): return Document(.number("\(number)"), line: line)
        case .property(let base, let name):
            let base = try value(of: base, line: line)
            if case .unknown(let reason) = base.value { throw .init(message: reason) }
            guard let value = base.member(name) else {
                throw .init(message: "refers to .\(name), which does not exist")
            }
            return value
        case .element(let base, let index):
            let base = try value(of: base, line: line)
            let index = try value(of: index, line: line)
            for value in [base, index] {
                if case .unknown(let reason) = value.value { throw .init(message: reason) }
            }
            if let list = base.list, let number = index.integer, list.indices.contains(number) { return list[number] }
            if let key = index.text, let value = base.member(key) { return value }
            throw .init(message: "refers to [\(index.text ?? index.kind)], which does not exist")
        case .call(let name, let arguments): return try call(name, arguments, line: line)
        }
    }

    private func call(_ name: String, _ arguments: [TemplateExpression], line: Int) throws(Mistake) -> Document {
        if let value = try lazyCall(name, arguments, line: line) { return value }
        if let value = try lambdaCall(name, arguments, line: line) { return Document(value, line: line) }
        let call = TemplateCall(name: name, arguments: arguments.map { lazily($0, line: line) }, line: line)
        switch call.function {
        case "parameters": return try parameter(try one(call))
        case "variables": return try variable(try one(call))
        case "copyindex": return Document(try copyIndex(call), line: line)
        case "lambdavariables":
            let variable = try one(call)
            guard let value = lambdaVariables[variable.lowercased()] else {
                throw .init(message: "refers to the lambda's variable \"\(variable)\", which no lambda around it has")
            }
            return value
        case "reference": return Document(try reference(call), line: line)
        default: break
        }
        if let value = cloud.answer(call.function) { return Document(value, line: line) }
        if let value = try ResourceIdentifierFunctions.call(call, cloud) { return Document(value, line: line) }
        if let value = try ownFunction(call) { return value }
        return Document(try TemplateFunctions.call(call), line: line)
    }

    /// The functions that evaluate only some of their arguments.
    private func lazyCall(
        _ name: String, _ arguments: [TemplateExpression], line: Int
    ) throws(Mistake) -> Document? {
        func boolean(_ index: Int) throws(Mistake) -> Bool {
            try TemplateCall(name: name, arguments: [try value(of: arguments[index], line: line)], line: line).boolean(
                0)
        }
        switch name.lowercased() {
        case "if":
            guard arguments.count == 3 else { throw .init(message: "calls if() with other than three arguments") }
            return try value(of: arguments[try boolean(0) ? 1 : 2], line: line)
        case "and", "or":
            // One deciding argument is enough, even if others can't be computed.
            let ends = Document.isSame(name, "or")
            for index in arguments.indices where try boolean(index) == ends {
                return Document(.boolean(ends), line: line)
            }
            return Document(.boolean(!ends), line: line)
        case "coalesce":
            for argument in arguments {
                let value = try value(of: argument, line: line)
                if !value.isNull { return value }
            }
            return Document(.null, line: line)
        default: return nil
        }
    }

    private func one(_ call: TemplateCall) throws(Mistake) -> String {
        guard call.count == 1 else { throw .init(message: "needs one name in \(call.name)()") }
        return try call.text(0)
    }

    // MARK: - Names

    private func parameter(_ name: String) throws(Mistake) -> Document {
        if let functionArguments {
            guard let value = functionArguments[name.lowercased()] else {
                throw .init(message: "refers to the parameter \"\(name)\", which the function does not have")
            }
            return value
        }
        return try once("parameter \(name.lowercased())") { () throws(Mistake) in try foundParameter(name) }
    }

    /// Variables, defaults and functions can't see loops and lambdas.
    var outsideLoops: TemplateScope {
        var scope = self
        scope.loops = []
        scope.lambdaVariables = [:]
        return scope
    }

    private func variable(_ name: String) throws(Mistake) -> Document {
        guard functionArguments == nil else {
            throw .init(message: "refers to the variable \"\(name)\" in a function, which sees only its parameters")
        }
        return try once("variable \(name.lowercased())") { () throws(Mistake) in
            let scope = outsideLoops
            let variables = template["variables"]
            if let value = variables?.member(name), !Document.isSame(name, "copy") { return try scope.resolve(value) }
            for copy in variables?["copy"]?.list ?? []
            where copy["name"]?.text.map({ Document.isSame($0, name) }) == true {
                return try scope.property(copying: copy).value
            }
            throw .init(message: "refers to the variable \"\(name)\", which the template does not have")
        }
    }

    /// A function defined in the template; nil if there is none of this name.
    private func ownFunction(_ call: TemplateCall) throws(Mistake) -> Document? {
        let parts = call.name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let nameSpaces = (template["functions"]?.list ?? []).filter {
            $0["namespace"]?.text.map { Document.isSame($0, parts[0]) } == true
        }
        guard let function = nameSpaces.lazy.compactMap({ $0["members"]?[parts[1]] }).first,
            let output = function["output"]?.member("value")
        else { throw .init(message: "calls \(call.name)(), which the template does not define") }
        let parameters = function["parameters"]?.list ?? []
        guard call.count <= parameters.count else {
            throw .init(message: "calls \(call.name)() with more arguments than its \(parameters.count) parameters")
        }
        var arguments: [String: Document] = [:]
        for (index, parameter) in parameters.enumerated() {
            guard let name = parameter["name"]?.text else { continue }
            guard index < call.count || isNullable(parameter) else {
                throw .init(message: "calls \(call.name)() without its parameter \"\(name)\"")
            }
            arguments[name.lowercased()] = index < call.count ? call.arguments[index] : call.document(.null)
        }
        var scope = outsideLoops
        scope.functionArguments = arguments
        return try scope.resolve(output)
    }
}
