/// A template's expression, like `[concat(parameters('prefix'), '-web')]`, as a tree.
indirect enum TemplateExpression: Equatable {
    case text(String)
    case number(Int)
    case call(String, [TemplateExpression])
    case property(TemplateExpression, String)
    case element(TemplateExpression, TemplateExpression)

    /// Why an expression can't be read or evaluated.
    struct Mistake: Error, Equatable {
        var message: String
    }

    /// The expression in a text; nil if it is plain text.
    static func parse(_ text: String) throws(Mistake) -> TemplateExpression? {
        guard text.hasPrefix("["), text.hasSuffix("]"), !text.hasPrefix("[[") else { return nil }
        var parser = TemplateExpressionParser(Array(text.unicodeScalars.dropFirst().dropLast()))
        return try parser.whole()
    }

    /// Plain text with its escape removed: `[[` is a bracket.
    static func plain(_ text: String) -> String { text.hasPrefix("[[") ? String(text.dropFirst()) : text }
}

/// Reads the language of template expressions.
private struct TemplateExpressionParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    mutating func whole() throws(TemplateExpression.Mistake) -> TemplateExpression {
        let expression = try expression()
        skipSpace()
        guard position == scalars.count else {
            throw .init(message: "goes on after its end at character \(position + 2)")
        }
        return expression
    }

    private mutating func expression() throws(TemplateExpression.Mistake) -> TemplateExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 50 else { throw .init(message: "is nested more than 50 deep") }
        var result = try term()
        while true {
            skipSpace()
            if take(".") {
                result = .property(result, try name())
            } else if take("[") {
                result = .element(result, try expression())
                try need("]")
            } else {
                return result
            }
        }
    }

    private mutating func term() throws(TemplateExpression.Mistake) -> TemplateExpression {
        skipSpace()
        guard position < scalars.count else { throw .init(message: "ends too early") }
        let scalar = scalars[position]
        if scalar == "'" { return .text(try text()) }
        if scalar == "-" || ("0"..."9").contains(scalar) {
            let start = position
            position += 1
            while position < scalars.count, ("0"..."9").contains(scalars[position]) { position += 1 }
            var digits = String.UnicodeScalarView()
            digits.append(contentsOf: scalars[start..<position])
            guard let number = Int(String(digits)) else { throw .init(message: "has a number that can't be read") }
            return .number(number)
        }
        var function = try name()
        // A function defined in the template: namespace.name.
        while take(".") { function += "." + (try name()) }
        try need("(")
        var arguments: [TemplateExpression] = []
        skipSpace()
        if take(")") { return .call(function, arguments) }
        while true {
            arguments.append(try expression())
            skipSpace()
            if take(")") { return .call(function, arguments) }
            try need(",")
        }
    }

    private mutating func text() throws(TemplateExpression.Mistake) -> String {
        position += 1
        var result = String.UnicodeScalarView()
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            if scalar != "'" {
                result.append(scalar)
            } else if position < scalars.count, scalars[position] == "'" {
                result.append("'")
                position += 1
            } else {
                return String(result)
            }
        }
        throw .init(message: "has an unterminated text")
    }

    private mutating func name() throws(TemplateExpression.Mistake) -> String {
        skipSpace()
        var result = String.UnicodeScalarView()
        while position < scalars.count, isPartOfName(scalars[position]) {
            result.append(scalars[position])
            position += 1
        }
        guard !result.isEmpty else { throw .init(message: "needs a name at character \(position + 2)") }
        return String(result)
    }

    private func isPartOfName(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }

    private mutating func need(_ scalar: Unicode.Scalar) throws(TemplateExpression.Mistake) {
        skipSpace()
        guard take(scalar) else { throw .init(message: "needs \(scalar) at character \(position + 2)") }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < scalars.count, scalars[position] == scalar else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < scalars.count, [" ", "\n", "\t", "\r"].contains(scalars[position]) { position += 1 }
    }
}
