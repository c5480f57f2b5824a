import Yams

extension ConfigurationReader {
    /// A node's text; nil, and reported, if it is not text.
    mutating func text(_ node: Node, _ path: String) -> String? {
        guard case .scalar(let scalar) = node, !isNull(node) else {
            report(
                node, path,
                isNull(node) ? "has no value: write one, or remove the key" : "must be text, but is \(kind(node))")
            return nil
        }
        return scalar.string
    }

    mutating func text(_ section: Section, _ key: String) -> String? {
        section[key].flatMap { text($0, section.path(of: key)) }
    }

    /// The text of a required key.
    mutating func requiredText(_ section: Section, _ key: String, example: String) -> String? {
        guard section[key] != nil else {
            reportMissing(section, key, example: example)
            return nil
        }
        return text(section, key)
    }

    mutating func reportMissing(_ section: Section, _ key: String, example: String) {
        report(section.node, section.path(of: key), "is missing: write for example \(key): \(example)")
    }

    mutating func integer(_ section: Section, _ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(section, key) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            report(
                section[key], section.path(of: key),
                "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func boolean(_ section: Section, _ key: String) -> Bool? {
        guard let node = section[key] else { return nil }
        if case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            let value = Bool(scalar.string)
        {
            return value
        }
        report(node, section.path(of: key), "must be true or false, but is \(kind(node))")
        return nil
    }

    /// One of a few words. Case is ignored.
    mutating func choice<Choice>(_ section: Section, _ key: String, _ type: Choice.Type) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = text(section, key) else { return nil }
        let all = Array(Choice.allCases)
        if let choice = all.first(where: { $0.rawValue.lowercased() == text.lowercased() }) { return choice }
        let names = all.map { $0.rawValue == "*" ? "\"*\"" : $0.rawValue }
        let nearest = DidYouMean.nearest(to: text, among: all.map(\.rawValue)).map { " (did you mean \($0)?)" } ?? ""
        report(
            section[key], section.path(of: key),
            "\"\(text)\" is not known here\(nearest): write \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
        )
        return nil
    }

    /// A duration in nanoseconds, of any length.
    mutating func duration(_ section: Section, _ key: String) -> UInt64? {
        guard let text = text(section, key) else { return nil }
        if let nanoseconds = DurationText.parse(text) { return nanoseconds }
        let remedy =
            UInt64(text) != nil
            ? "has no unit: write \(text)s or \(text)m" : "write for example 90s, 4m, 1m30s, 2h or 7d"
        report(section[key], section.path(of: key), "\"\(text)\" is not a duration: \(remedy)")
        return nil
    }

    /// A name for people: of a rule or a zone.
    mutating func name(_ section: Section, example: String) -> String? {
        guard let name = requiredText(section, "name", example: example) else { return nil }
        let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPlain, !name.isEmpty, name.utf8.count <= ConfigurationLimits.nameBytes else {
            report(
                section["name"], section.path(of: "name"),
                "is not a name: write 1 to \(ConfigurationLimits.nameBytes) bytes of text without control characters")
            return nil
        }
        return name
    }
}
