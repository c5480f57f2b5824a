/// The functions that take lambdas: `map`, `filter`, `reduce`, `sort`, `toObject`, `groupBy`, `mapValues`.
extension TemplateScope {
    private struct Lambda {
        var variables: [String]
        var body: TemplateExpression
    }

    private func lambda(_ expression: TemplateExpression, of function: String) throws(Mistake) -> Lambda {
        guard case .call(let name, let arguments) = expression, Document.isSame(name, "lambda"),
            let body = arguments.last
        else { throw .init(message: "calls \(function)() without a lambda()") }
        var variables: [String] = []
        for argument in arguments.dropLast() {
            guard case .text(let variable) = argument else {
                throw .init(message: "has a lambda() whose variable is not a quoted name")
            }
            variables.append(variable.lowercased())
        }
        return Lambda(variables: variables, body: body)
    }

    /// Surplus values, such as the index of an element, are ignored if the lambda has fewer variables.
    private func apply(_ lambda: Lambda, _ values: Document..., line: Int) throws(Mistake) -> Document {
        var scope = self
        for (variable, value) in zip(lambda.variables, values) { scope.lambdaVariables[variable] = value }
        return try scope.value(of: lambda.body, line: line)
    }

    /// The functions that take lambdas; nil for other functions.
    func lambdaCall(
        _ name: String, _ arguments: [TemplateExpression], line: Int
    ) throws(Mistake) -> Document.Value? {
        let function = name.lowercased()
        guard ["map", "filter", "reduce", "sort", "toobject", "groupby", "mapvalues"].contains(function) else {
            return nil
        }
        let place = function == "reduce" ? 2 : 1
        guard arguments.count > place else { throw .init(message: "calls \(name)() with too few arguments") }
        let lambda = try lambda(arguments[place], of: name)
        let call = TemplateCall(name: name, arguments: [try value(of: arguments[0], line: line)], line: line)
        func index(_ number: Int) -> Document { Document(.number("\(number)"), line: line) }
        func boolean(_ value: Document) throws(Mistake) -> Bool {
            try TemplateCall(name: name, arguments: [value], line: line).boolean(0)
        }
        func text(_ value: Document) throws(Mistake) -> String {
            try TemplateCall(name: name, arguments: [value], line: line).text(0)
        }
        switch function {
        case "map":
            var mapped: [Document] = []
            for (number, element) in try call.list(0).enumerated() {
                mapped.append(try apply(lambda, element, index(number), line: line))
            }
            return .list(mapped)
        case "filter":
            var kept: [Document] = []
            for (number, element) in try call.list(0).enumerated()
            where try boolean(try apply(lambda, element, index(number), line: line)) { kept.append(element) }
            return .list(kept)
        case "reduce":
            var result = try value(of: arguments[1], line: line)
            for (number, element) in try call.list(0).enumerated() {
                result = try apply(lambda, result, element, index(number), line: line)
            }
            return result.value
        case "sort":
            return .list(
                try TemplateScope.sorted(try call.list(0)) { (left, right) throws(Mistake) in
                    try boolean(try apply(lambda, left, right, line: line))
                })
        case "toobject":
            let values = arguments.count > 2 ? try self.lambda(arguments[2], of: name) : nil
            var members: [Document.Member] = []
            for (number, element) in try call.list(0).enumerated() {
                let key = try text(try apply(lambda, element, index(number), line: line))
                var value = element
                if let values { value = try apply(values, element, index(number), line: line) }
                members.removeAll { $0.key == key }
                members.append(.init(key: key, line: line, value: value))
            }
            return .mapping(members)
        case "groupby":
            var members: [(key: String, elements: [Document])] = []
            for (number, element) in try call.list(0).enumerated() {
                let key = try text(try apply(lambda, element, index(number), line: line))
                if let place = members.firstIndex(where: { $0.key == key }) {
                    members[place].elements.append(element)
                } else {
                    members.append((key, [element]))
                }
            }
            return .mapping(
                members.map { .init(key: $0.key, line: line, value: Document(.list($0.elements), line: line)) })
        default:
            var members = try call.members(0)
            for place in members.indices {
                members[place].value = try apply(lambda, members[place].value, line: line)
            }
            return .mapping(members)
        }
    }

    /// Merge sort; equal elements keep their order.
    private static func sorted(
        _ list: [Document], by isBefore: (Document, Document) throws(Mistake) -> Bool
    ) throws(Mistake) -> [Document] {
        guard list.count > 1 else { return list }
        let left = try sorted(Array(list[..<(list.count / 2)]), by: isBefore)
        let right = try sorted(Array(list[(list.count / 2)...]), by: isBefore)
        var merged: [Document] = []
        var next = 0
        for element in left {
            while next < right.count, try isBefore(right[next], element) {
                merged.append(right[next])
                next += 1
            }
            merged.append(element)
        }
        return merged + right[next...]
    }
}
