import Policy

/// The parameters of a query. Each must be known, and may occur only once unless it is repeatable.
struct Query: Sendable {
    private let values: [String: [String]]

    /// - Throws: if a parameter is not known, or occurs too often.
    init(_ parameters: [Target.Parameter], known: [String], repeated: Set<String> = []) throws(Problem) {
        var values: [String: [String]] = [:]
        for parameter in parameters {
            guard known.contains(parameter.name) else {
                let nearest =
                    DidYouMean.nearest(to: parameter.name, among: known).map { " (did you mean \($0)?)" } ?? ""
                throw Problem(
                    .badRequest, "the parameter '\(parameter.name)' is not known here\(nearest)",
                    remedy: known.isEmpty ? "remove it" : "write one of \(known.joined(separator: ", "))",
                    field: parameter.name)
            }
            values[parameter.name, default: []].append(parameter.value)
            guard repeated.contains(parameter.name) || values[parameter.name]?.count == 1 else {
                throw Problem(
                    .badRequest, "'\(parameter.name)' is given twice", remedy: "write it once", field: parameter.name)
            }
        }
        self.values = values
    }

    func text(_ name: String) -> String? { values[name]?.first }

    func texts(_ name: String) -> [String] { values[name] ?? [] }

    func number(_ name: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Self.number(text), range.contains(number) else {
            throw Problem(
                .badRequest, "\(name) is '\(text)'",
                remedy: "write a whole number from \(range.lowerBound) to \(range.upperBound)", field: name)
        }
        return number
    }

    func flag(_ name: String) throws(Problem) -> Bool? {
        switch text(name) {
        case nil: nil
        case "true": true
        case "false": false
        case .some(let text):
            throw Problem(.badRequest, "\(name) is '\(text)'", remedy: "write true or false", field: name)
        }
    }

    /// Digits only. `Int` also accepts `+1`, which no JSON schema allows.
    static func number(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    /// A value parsed by `read`, or its error.
    func value<Value>(_ name: String, _ read: (String) throws(Problem) -> Value) throws(Problem) -> Value? {
        guard let text = text(name) else { return nil }
        return try read(text)
    }
}
