extension GroupReader {
    /// The fields of a rule, flat or under `properties`. Fields that the cloud adds are ignored.
    private enum Field {
        static let known = [
            "name", "priority", "direction", "access", "protocol", "description", "properties",
            "sourceAddressPrefix", "sourceAddressPrefixes", "sourceApplicationSecurityGroups", "source",
            "sourcePortRange", "sourcePortRanges", "sourcePorts",
            "destinationAddressPrefix", "destinationAddressPrefixes", "destinationApplicationSecurityGroups",
            "destination",
            "destinationPortRange", "destinationPortRanges", "destinationPorts",
            "etag", "id", "type", "provisioningState", "resourceGroup", "kind", "apiVersion", "dependsOn", "condition",
            "copy", "comments", "location", "tags", "scope", "metadata", "asserts", "existing", "resourceGuid",
        ]
    }

    /// A rule's fields, in whichever form they were written.
    private struct RuleFields {
        var path: String
        var document: Document
        var properties: Document?

        func path(of key: String) -> String {
            document[key] != nil || properties == nil ? "\(path).\(key)" : "\(path).properties.\(key)"
        }

        subscript(key: String) -> Document? { document[key] ?? properties?[key] }
    }

    /// Reads a rule. `name` is set for a rule that is a separate resource.
    mutating func read(rule written: Document, path: String, name: String?, into rules: inout RuleCollection) {
        let nameNow = name ?? (written["name"] ?? written["properties"]?["name"])?.text
        subject = nameNow.map { "rule \"\($0)\"" }
        defer { subject = nil }
        // The whole rule may be an expression, such as an element of a parameter, or contain copy loops.
        var written = written
        if written.members == nil || holdsCopies(written) {
            guard let resolved = value(written, path, whole: false) else { return }
            written = resolved
            // The result of an expression contains no further expressions.
            scope = nil
        }
        guard written.members != nil else {
            return report(written, path, "must be a rule (a mapping), but is \(written.kind)")
        }
        var properties = written["properties"]
        if let expression = properties, expression.members == nil {
            properties = value(expression, "\(path).properties", whole: false)
            guard properties?.members != nil else { return }
        }
        let fields = RuleFields(path: path, document: written, properties: properties)
        checkKeys(written, path)
        if let properties { checkKeys(properties, "\(path).properties") }
        let errorsBefore = errors.count

        let ruleName = name ?? text(fields, "name", example: "AllowWeb")
        if let ruleName {
            subject = "rule \"\(ruleName)\""
            if !isName(ruleName) {
                report(
                    fields["name"] ?? written, fields.path(of: "name"),
                    "is not a rule name: write 1 to \(GroupLimits.nameLength) letters, digits, points, hyphens or underscores"
                )
            }
        }
        let priority = priority(fields)
        let direction = choice(fields, "direction", RuleDirection.self, example: "Inbound")
        let access = choice(fields, "access", RuleAccess.self, example: "Allow")
        let ipProtocol = ruleProtocol(fields)
        let source = addresses(fields, "source")
        let destination = addresses(fields, "destination")
        let sourcePorts = ports(fields, "source", of: ipProtocol ?? .any)
        let destinationPorts = ports(fields, "destination", of: ipProtocol ?? .any)

        if let ruleName {
            if let other = rules.pathByName.updateValue(path, forKey: ruleName.lowercased()) {
                report(
                    fields["name"] ?? written, fields.path(of: "name"),
                    "is the name of \(other) too: give each rule of a group its own")
            }
        }
        if let priority, let direction,
            let other = rules.ruleByPriority[direction, default: [:]].updateValue(ruleName ?? path, forKey: priority)
        {
            let taken = rules.ruleByPriority[direction, default: [:]]
            let free = (priority...GroupLimits.priorities.upperBound).first { taken[$0] == nil }
            report(
                fields["priority"], fields.path(of: "priority"),
                "\(priority) is the priority of the \(direction.rawValue.lowercased()) rule \"\(other)\" too: write another one\(free.map { ", for example \($0)" } ?? "")"
            )
        }
        guard errors.count == errorsBefore, let ruleName, let priority, let direction, let access, let ipProtocol,
            let source, let destination
        else { return }
        rules.rules.append(
            SecurityRule(
                name: ruleName, priority: priority, direction: direction, access: access, ipProtocol: ipProtocol,
                source: source, sourcePorts: sourcePorts, destination: destination, destinationPorts: destinationPorts))
    }

    /// Whether copy loops produce some of the rule's fields, or an expression produces all of them.
    private func holdsCopies(_ rule: Document) -> Bool {
        guard scope != nil, let properties = rule["properties"] else { return false }
        return properties.members == nil || properties["copy"]?.list != nil
    }

    /// Unknown keys are reported. If they were ignored, the rule could mean something else than its writer thinks.
    private mutating func checkKeys(_ document: Document, _ path: String) {
        for member in document.members ?? [] where !Field.known.contains(where: { Document.isSame($0, member.key) }) {
            let remedy =
                DidYouMean.nearest(to: member.key, among: Field.known).map { "did you mean \($0)?" } ?? "remove it"
            errors.append(
                ConfigurationError(
                    file: file, line: member.line, key: "\(path).\(member.key)",
                    message: "\(subject.map { "\($0): " } ?? "")is not a field of a rule: \(remedy)"))
        }
    }

    // MARK: - Fields

    private mutating func text(_ fields: RuleFields, _ key: String, example: String) -> String? {
        guard let written = fields[key] else {
            report(fields.document, fields.path(of: key), "is missing: write for example \(key): \(example)")
            return nil
        }
        guard let value = value(written, fields.path(of: key)) else { return nil }
        if isExpression(written), value.isNull || value.text?.isEmpty == true {
            report(
                written, fields.path(of: key),
                "\(written.kind) has no value: give a value to what it refers to, for example \(example)")
            return nil
        }
        guard let text = value.text else {
            report(value, fields.path(of: key), "is \(value.kind): write for example \(key): \(example)")
            return nil
        }
        return text
    }

    private mutating func priority(_ fields: RuleFields) -> Int? {
        guard let text = text(fields, "priority", example: "100") else { return nil }
        guard let number = Int(text), GroupLimits.priorities.contains(number) else {
            report(
                fields["priority"], fields.path(of: "priority"),
                "\"\(text)\" is not a whole number from \(GroupLimits.priorities.lowerBound) to \(GroupLimits.priorities.upperBound)"
            )
            return nil
        }
        return number
    }

    private mutating func choice<Choice>(
        _ fields: RuleFields, _ key: String, _ type: Choice.Type, example: String
    ) -> Choice? where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = text(fields, key, example: example) else { return nil }
        if let choice = Array(Choice.allCases).first(where: { Document.isSame($0.rawValue, text) }) { return choice }
        let names = Choice.allCases.map { $0.rawValue == "*" ? "\"*\"" : $0.rawValue }
        report(
            fields[key], fields.path(of: key),
            "\"\(text)\" is not known here: write \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")")
        return nil
    }

    private mutating func ruleProtocol(_ fields: RuleFields) -> RuleProtocol? {
        // Effective rules and the portal write this instead of `*`.
        if let written = fields["protocol"] {
            guard let resolved = value(written, fields.path(of: "protocol")) else { return nil }
            if let text = resolved.text, Document.isSame(text, "All") || Document.isSame(text, "Any") { return .any }
        }
        return choice(fields, "protocol", RuleProtocol.self, example: "Tcp")
    }

    /// All texts under keys that hold one or many. Empty and null values count as missing; commas separate values.
    private mutating func items(_ fields: RuleFields, _ keys: [String]) -> [(
        document: Document, path: String, text: String
    )]? {
        var items: [(document: Document, path: String, text: String)] = []
        for key in keys {
            guard let written = fields[key] else { continue }
            let path = fields.path(of: key)
            guard let resolved = value(written, path) else { return nil }
            let elements = resolved.list.map { $0.enumerated().map { ("\(path)[\($0.offset)]", $0.element) } }
            for (path, element) in elements ?? [(path, resolved)] {
                if element.isNull { continue }
                guard let text = element.text else {
                    report(element, path, "must be text, but is \(element.kind)")
                    return nil
                }
                for part in text.split(separator: ",") {
                    var trimmed = part.drop { $0 == " " }
                    while trimmed.last == " " { trimmed = trimmed.dropLast() }
                    if !trimmed.isEmpty { items.append((element, path, String(trimmed))) }
                }
            }
        }
        return items
    }

    /// Reports a field that is present but empty. Returns false if no field is present.
    private mutating func reportNothing(_ fields: RuleFields, _ keys: [String], example: String) -> Bool {
        guard
            let key = keys.first(where: { fields[$0].map(isExpression) == true })
                ?? keys.first(where: { fields[$0] != nil }),
            let written = fields[key]
        else { return false }
        let found = written.text.map { $0.isEmpty ? "is an empty text" : "\(written.kind) has no value" }
        report(
            written, fields.path(of: key),
            "\(found ?? "is \(written.kind) with nothing in it"): write for example \(example), or \"*\" for all")
        return true
    }

    private mutating func addresses(_ fields: RuleFields, _ side: String) -> AddressSelection? {
        guard let items = items(fields, ["\(side)AddressPrefix", "\(side)AddressPrefixes", side]),
            let groups = applicationSecurityGroups(fields, "\(side)ApplicationSecurityGroups")
        else { return nil }
        if items.isEmpty, groups.isEmpty {
            let keys = ["\(side)AddressPrefix", "\(side)AddressPrefixes", side, "\(side)ApplicationSecurityGroups"]
            if reportNothing(fields, keys, example: "10.1.0.0/16") { return nil }
            report(
                fields.document, fields.path(of: "\(side)AddressPrefix"),
                "is missing: write for example \(side)AddressPrefix: 10.1.0.0/16, or \"*\" for all")
            return nil
        }
        var selection = AddressSelection(applicationSecurityGroups: groups)
        for (document, path, text) in items {
            if text == "*" || Document.isSame(text, "Any") {
                selection.isAny = true
            } else if text.utf8.contains(where: { $0 == 0x3A })
                || text.utf8.first.map({ (0x30...0x39).contains($0) }) == true
            {
                do throws(AddressPrefix.Mistake) {
                    selection.prefixes.append(try AddressPrefix(parsing: text))
                } catch {
                    report(document, path, "\"\(text)\" \(error)")
                }
            } else if let tag = book.tag(text) {
                selection.tags.append(tag.name)
            } else {
                let nearest = DidYouMean.nearest(to: text, among: book.tagNames).map { " (did you mean \($0)?)" } ?? ""
                report(
                    document, path,
                    "\"\(text)\" is not an address, prefix or known service tag\(nearest): name the file that holds the tag under serviceTags, or write prefixes"
                )
            }
        }
        if selection.isAny { return .any }
        return selection
    }

    /// Names of application security groups. Exports have objects with an `id`; our own form has names.
    private mutating func applicationSecurityGroups(_ fields: RuleFields, _ key: String) -> [String]? {
        guard let written = fields[key] else { return [] }
        let path = fields.path(of: key)
        guard let resolved = value(written, path) else { return nil }
        var names: [String] = []
        for (index, element) in (resolved.list ?? [resolved]).enumerated() {
            let path = resolved.list == nil ? path : "\(path)[\(index)]"
            guard let text = element.text ?? element["id"]?.text ?? element["name"]?.text else {
                report(element, path, "is \(element.kind): write the name or id of an application security group")
                return nil
            }
            let name = text.split(separator: "/").last.map(String.init) ?? text
            guard let group = book.applicationSecurityGroup(name) else {
                let known = book.applicationSecurityGroupNames
                let nearest = DidYouMean.nearest(to: name, among: known).map { " (did you mean \($0)?)" } ?? ""
                report(
                    element, path,
                    "the application security group \"\(name)\" has no members here\(nearest): write them under applicationSecurityGroups, for example applicationSecurityGroups: { \(name): [10.0.0.4] }"
                )
                return nil
            }
            names.append(group.name)
        }
        return names
    }

    private mutating func ports(_ fields: RuleFields, _ side: String, of ipProtocol: RuleProtocol) -> PortMatch {
        let keys = ["\(side)PortRange", "\(side)PortRanges", "\(side)Ports"]
        guard let items = items(fields, keys) else { return .any }
        // A template that names ports which resolve to nothing must not become "all ports".
        if items.isEmpty, isTemplate, reportNothing(fields, keys, example: "443") { return .any }
        if items.isEmpty || items.contains(where: { $0.text == "*" || $0.text == "0-65535" }) { return .any }
        guard ipProtocol.hasPorts else {
            report(items[0].document, items[0].path, "\(ipProtocol.rawValue) has no ports: write \"*\"")
            return .any
        }
        var ranges: [PortRange] = []
        for (document, path, text) in items {
            do throws(PortRange.Mistake) {
                ranges.append(try PortRange(parsing: text))
            } catch {
                report(document, path, "\"\(text)\" \(error)")
            }
        }
        return .ranges(ranges)
    }
}
