/// What a parameter of a template is: its value from the parameters file, or its default.
extension TemplateScope {
    func foundParameter(_ name: String) throws(Mistake) -> Document {
        let declared = template["parameters"]?[name]
        if let passed = given?.member(name) {
            if passed["reference"] != nil {
                throw .init(
                    message: "refers to the parameter \"\(name)\", which is stored in a key vault: write its value")
            }
            if let value = passed.member("value") { return try allowed(value, name, declared) }
            if case .unknown(let reason) = passed.value { throw .init(message: reason) }
            if passed.members == nil, !passed.isNull { return try allowed(passed, name, declared) }
        }
        guard let declared else {
            throw .init(message: "refers to the parameter \"\(name)\", which the template does not declare")
        }
        if let value = declared.member("defaultValue") { return try outsideLoops.resolve(value) }
        if isNullable(declared) { return Document(.null, line: declared.line) }
        throw .init(
            message:
                "refers to the parameter \"\(name)\", which has no value: give it one in a parameters file, or a defaultValue"
        )
    }

    /// A value that a parameter accepts: one of its `allowedValues`, if it has any.
    private func allowed(_ value: Document, _ name: String, _ declared: Document?) throws(Mistake) -> Document {
        if let choices = declared?["allowedValues"]?.list, case let texts = choices.compactMap(\.text), !texts.isEmpty,
            let text = value.text, !texts.contains(where: { Document.isSame($0, text) })
        {
            let nearest = DidYouMean.nearest(to: text, among: texts).map { " (did you mean \($0)?)" } ?? ""
            throw .init(
                message:
                    "refers to the parameter \"\(name)\", which can't be \"\(text)\"\(nearest): the template allows "
                    + texts.map { "\"\($0)\"" }.joined(separator: ", "))
        }
        return value
    }

    /// Whether a parameter may be omitted: it is nullable, or the type that it refers to is.
    func isNullable(_ declared: Document) -> Bool {
        var declared = declared
        for _ in 0..<20 {
            if let nullable = declared["nullable"]?.boolean { return nullable }
            guard let reference = declared["$ref"]?.text, reference.hasPrefix("#/definitions/"),
                let definition = template["definitions"]?[String(reference.dropFirst("#/definitions/".count))]
            else { return false }
            declared = definition
        }
        return false
    }
}
