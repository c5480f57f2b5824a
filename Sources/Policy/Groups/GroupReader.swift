/// Finds the network security groups in a document, whatever shape it has, and reads them (NSG-5).
///
/// Shapes: what `az network nsg show` and `list` write; what the REST interface answers (`value: [...]`); ARM templates; and Sluice's
/// own, which is the same with friendlier field names. Mistakes are collected; a group is handed on only if there are none.
struct GroupReader {
    let file: String
    let book: AddressBook
    var errors: [ConfigurationError] = []
    private(set) var groups: [NetworkSecurityGroup] = []
    /// What the messages are about, besides the key.
    var subject: String?
    /// In a template: what its expressions refer to.
    var scope: TemplateScope?

    /// - Parameter book: the tags and application security groups that rules may name.
    init(file: String, book: AddressBook) {
        self.file = file
        self.book = book
    }

    static let groupType = "Microsoft.Network/networkSecurityGroups"
    static let ruleType = "Microsoft.Network/networkSecurityGroups/securityRules"

    /// Reads all groups of a document.
    ///
    /// - Parameter parameters: a template's parameters file.
    mutating func read(_ document: Document, path: String = "", parameters: Document? = nil) {
        if let list = document.list {
            guard list.count <= GroupLimits.groups else {
                return report(
                    document, path, "\(list.count) groups are more than \(GroupLimits.groups): split the file")
            }
            for (index, element) in list.enumerated() { readGroup(element, path: "\(path)[\(index)]") }
        } else if let resources = document["resources"], document["securityRules"] == nil, document["type"] == nil {
            scope = TemplateScope(template: document, parameters: parameters)
            readTemplate(resources)
            scope = nil
        } else if let value = document["value"], value.list != nil {
            read(value, path: "value")
        } else if document.members != nil {
            readGroup(document, path: path)
        } else {
            report(
                document, path,
                "is \(document.kind), but no network security group: write what `az network nsg show -o json` writes, or an ARM template"
            )
        }
    }

    // MARK: - Templates

    private struct Resource {
        var body: Document
        var path: String
        var type: String
        var name: String
        var scope: TemplateScope
    }

    private mutating func readTemplate(_ resources: Document) {
        var found: [Resource] = []
        collect(resources, path: "resources", within: nil, into: &found)
        let all = scope
        defer { scope = all }
        var rules: [String: [(rule: Document, path: String, name: String, scope: TemplateScope)]] = [:]
        for resource in found where Document.isSame(resource.type, GroupReader.ruleType) {
            let parts = resource.name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                report(
                    resource.body, "\(resource.path).name",
                    "\"\(resource.name)\" does not name a group and a rule: write group/rule")
                continue
            }
            rules[parts[0].lowercased(), default: []].append(
                (resource.body, resource.path, parts[1], resource.scope))
        }
        for resource in found where Document.isSame(resource.type, GroupReader.groupType) {
            scope = resource.scope
            readGroup(
                resource.body, path: resource.path, name: resource.name,
                apart: rules.removeValue(forKey: resource.name.lowercased()) ?? [])
        }
        for (group, rules) in rules.sorted(by: { $0.key < $1.key }) {
            report(
                rules[0].rule, "\(rules[0].path).name",
                "is a rule of the group \"\(group)\", which the template does not have: add the group to the template")
        }
        if found.isEmpty, errors.isEmpty {
            report(
                resources, "resources",
                "holds no network security group: write one of the type \(GroupReader.groupType)")
        }
    }

    /// Finds the resources that matter, those within others too, with their copy loops rolled out.
    private mutating func collect(
        _ resources: Document, path: String, within parent: Resource?, into found: inout [Resource]
    ) {
        let list: [(path: String, resource: Document)]
        switch resources.value {
        case .list(let elements): list = elements.enumerated().map { ("\(path)[\($0.offset)]", $0.element) }
        // Templates of language version 2.0 give resources symbolic names.
        case .mapping(let members): list = members.map { ("\(path).\($0.key)", $0.value) }
        case .null, .boolean, .number, .text:
            return report(resources, path, "must be a list of resources, but is \(resources.kind)")
        }
        for (path, resource) in list {
            let outer = scope
            defer { scope = outer }
            if let parent { scope = parent.scope }
            var turns: [TemplateScope?] = [scope]
            if let copy = resource["copy"], let scope, copy.members != nil {
                guard isGroupOrRule(resource, parent) else { continue }
                do throws(TemplateExpression.Mistake) {
                    let name = copy["name"]?.text ?? ""
                    turns = (0..<(try scope.count(of: copy))).map { turn in
                        var scope = scope
                        scope.loops.append(.init(name: name, index: turn))
                        return scope
                    }
                } catch {
                    report(copy, "\(path).copy", error.message)
                    continue
                }
            }
            for turn in turns {
                scope = turn
                collectOne(resource, path: path, within: parent, into: &found)
            }
        }
    }

    /// Whether it may be a group or a rule; what the type can't tell counts as one, and is reported later.
    private func isGroupOrRule(_ resource: Document, _ parent: Resource?) -> Bool {
        guard let type = resource["type"]?.text else { return false }
        return type.hasPrefix("[") || Document.isSame(type, GroupReader.groupType)
            || Document.isSame(type, GroupReader.ruleType)
            || parent != nil && Document.isSame(type, "securityRules")
    }

    private mutating func collectOne(
        _ resource: Document, path: String, within parent: Resource?, into found: inout [Resource]
    ) {
        guard let written = resource["type"], var type = value(written, "\(path).type")?.text else { return }
        if Document.isSame(type, "Microsoft.Resources/deployments") {
            if mentionsGroups(resource) {
                report(
                    resource, path,
                    "is a nested deployment with network security groups, which is not read: write its template into a file of its own"
                )
            }
            return
        }
        if parent != nil, Document.isSame(type, "securityRules") { type = GroupReader.ruleType }
        let isGroup = Document.isSame(type, GroupReader.groupType)
        guard isGroup || Document.isSame(type, GroupReader.ruleType), let scope else { return }
        if let condition = resource["condition"] {
            guard let condition = value(condition, "\(path).condition") else { return }
            guard let holds = condition.boolean else {
                return report(condition, "\(path).condition", "is neither true nor false")
            }
            guard holds else { return }
        }
        guard let written = resource["name"] else {
            return report(resource, "\(path).name", "is missing: write a name")
        }
        guard let named = value(written, "\(path).name") else { return }
        guard var name = named.text else { return report(named, "\(path).name", "is \(named.kind), not a name") }
        if let parent, !name.contains("/") { name = "\(parent.name)/\(name)" }
        let entry = Resource(body: resource, path: path, type: type, name: name, scope: scope)
        found.append(entry)
        if isGroup, let inner = resource["resources"] {
            collect(inner, path: "\(path).resources", within: entry, into: &found)
        }
    }

    private func mentionsGroups(_ document: Document) -> Bool {
        switch document.value {
        case .text(let text):
            Document.isSame(text, GroupReader.groupType) || Document.isSame(text, GroupReader.ruleType)
        case .list(let list): list.contains { mentionsGroups($0) }
        case .mapping(let members): members.contains { mentionsGroups($0.value) }
        case .null, .boolean, .number: false
        }
    }

    // MARK: - Groups

    private mutating func readGroup(
        _ document: Document, path: String, name givenName: String? = nil,
        apart: [(rule: Document, path: String, name: String, scope: TemplateScope)] = []
    ) {
        func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        guard document.members != nil else {
            return report(document, path, "is \(document.kind), but must be a network security group")
        }
        if let type = document["type"], let text = value(type, key("type"))?.text,
            !Document.isSame(text, GroupReader.groupType)
        {
            return report(type, key("type"), "is \"\(text)\", no network security group: remove it")
        }
        let name = givenName ?? document["name"]?.text
        guard let name, isName(name) else {
            return report(
                document["name"] ?? document, key("name"),
                "is \(document["name"].map(\.kind) ?? "missing"): a group needs a name of 1 to \(GroupLimits.nameLength) letters, digits, points, hyphens or underscores"
            )
        }
        let properties = document["properties"]
        let propertiesPath = document["properties"] == nil ? path : key("properties")
        let written = document["securityRules"] ?? properties?["securityRules"] ?? document["rules"]
        guard document["defaultSecurityRules"] != nil || written != nil || properties != nil || scope != nil else {
            return report(
                document, key("securityRules"),
                "is missing: is this a network security group? Write securityRules: [] for one without rules"
            )
        }
        var group = NetworkSecurityGroup(name: name)
        if scope == nil, let written = document["id"] {
            group.resourceIdentifier = resourceIdentifier(written, path: key("id"), group: name)
        }
        if let flush = document["flushConnection"] ?? properties?["flushConnection"],
            let flush = value(flush, key("flushConnection"))
        {
            group.flushConnection = flush.boolean ?? false
            if flush.boolean == nil {
                report(flush, key("flushConnection"), "must be true or false, but is \(flush.kind)")
            }
        }
        let rulesKey =
            document["securityRules"] != nil
            ? key("securityRules")
            : properties?["securityRules"] != nil ? "\(propertiesPath).securityRules" : key("rules")
        var rules = RuleCollection()
        readRules(written, path: rulesKey, copied: properties, propertiesPath, into: &rules)
        for (document, path, name, scope) in apart {
            self.scope = scope
            read(rule: document, path: path, name: name, into: &rules)
        }
        check(rules, document, group: name, path: rulesKey)
        group = NetworkSecurityGroup(
            name: name, resourceIdentifier: group.resourceIdentifier, flushConnection: group.flushConnection,
            rules: rules.rules)
        groups.append(group)
    }

    /// The identifier that was exported with a group; empty, and reported, where it is wrong.
    private mutating func resourceIdentifier(_ written: Document, path: String, group: String) -> String {
        let remedy =
            "write what `az network nsg show --query id` shows, \(ResourceIdentifier.example(group: group)), or remove the id: flow logs then make one of the group's name"
        guard let text = written.text else {
            report(written, path, "group \"\(group)\": is \(written.kind), not its resource id: \(remedy)")
            return ""
        }
        if let problem = ResourceIdentifier.problem(of: text, group: group) {
            report(
                written, path,
                "group \"\(group)\": \"\(text.prefix(200))\" is not its resource id: \(problem); \(remedy)")
            return ""
        }
        return text
    }

    /// The list of rules, or what a copy loop of the properties makes one of.
    private mutating func readRules(
        _ written: Document?, path: String, copied properties: Document?, _ propertiesPath: String,
        into rules: inout RuleCollection
    ) {
        var elements: [(path: String, rule: Document, scope: TemplateScope?)] = []
        if let written {
            // The list itself may be an expression; its rules are resolved one by one, so that messages can name them.
            let list = written.list != nil ? written : value(written, path)
            guard let list else { return }
            guard let entries = list.list else {
                return report(list, path, "must be a list of rules, but is \(list.kind)")
            }
            elements = entries.enumerated().map { ("\(path)[\($0.offset)]", $0.element, scope) }
        }
        let copies = (properties?["copy"]?.list ?? []).filter { copy in
            copy["name"]?.text.map { Document.isSame($0, "securityRules") } == true
        }
        for copy in scope == nil ? [] : copies {
            guard let scope, let input = copy["input"] else { continue }
            do throws(TemplateExpression.Mistake) {
                for turn in 0..<(try scope.count(of: copy)) {
                    var inner = scope
                    inner.loops.append(.init(name: "securityRules", index: turn))
                    elements.append(("\(propertiesPath).copy.securityRules[\(turn)]", input, inner))
                }
            } catch {
                report(copy, "\(propertiesPath).copy", error.message)
            }
        }
        guard elements.count <= GroupLimits.rules else {
            return report(
                written, path,
                "\(elements.count) rules are more than \(GroupLimits.rules): merge rules that differ only in addresses or ports"
            )
        }
        let outer = scope
        defer { scope = outer }
        for (path, rule, scope) in elements {
            self.scope = scope
            read(rule: rule, path: path, name: nil, into: &rules)
        }
    }

    /// Rules of one group as they are read.
    struct RuleCollection {
        var rules: [SecurityRule] = []
        var ruleByPriority: [RuleDirection: [Int: String]] = [:]
        var pathByName: [String: String] = [:]
    }

    /// What one rule alone does not show.
    private mutating func check(_ rules: RuleCollection, _ document: Document, group: String, path: String) {
        if rules.rules.count > GroupLimits.rules {
            report(
                document, path,
                "\(rules.rules.count) rules are more than \(GroupLimits.rules): merge rules that differ only in addresses or ports"
            )
        }
        func distinct(_ side: String, _ what: String, _ count: Int, _ limit: Int) {
            guard count > limit else { return }
            report(
                document, path,
                "group \"\(group)\": \(count) different \(side) \(what) in all are more than \(limit): write fewer, larger ones"
            )
        }
        let rules = rules.rules
        distinct("source", "prefixes", Set(rules.flatMap(\.source.prefixes)).count, GroupLimits.prefixesPerSide)
        distinct(
            "destination", "prefixes", Set(rules.flatMap(\.destination.prefixes)).count, GroupLimits.prefixesPerSide)
        distinct("source", "port ranges", Set(rules.flatMap(\.sourcePorts.ranges)).count, GroupLimits.portRangesPerSide)
        distinct(
            "destination", "port ranges", Set(rules.flatMap(\.destinationPorts.ranges)).count,
            GroupLimits.portRangesPerSide)
    }

    /// Letters, digits, `_`, `.`, `-`; the first is a letter, digit or `_`. (The cloud also wants the last to be none of `.` and `-`.)
    func isName(_ name: String) -> Bool {
        guard (1...GroupLimits.nameLength).contains(name.unicodeScalars.count), let first = name.unicodeScalars.first
        else { return false }
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        return isWord(first) && name.unicodeScalars.allSatisfy { isWord($0) || $0 == "." || $0 == "-" }
    }

    // MARK: - Values and mistakes

    /// A value with its expressions replaced; nil, and reported, where that can't be done.
    mutating func value(_ document: Document, _ path: String) -> Document? {
        guard let scope else { return document }
        do throws(TemplateExpression.Mistake) {
            return try scope.resolve(document)
        } catch {
            report(document, path, "\(document.kind) can't be resolved: it \(error.message)")
            return nil
        }
    }

    /// Reports a mistake at a place.
    mutating func report(_ document: Document?, _ path: String, _ message: String) {
        let message = subject.map { "\($0): \(message)" } ?? message
        guard errors.count < GroupLimits.mistakes else {
            if errors.count == GroupLimits.mistakes {
                errors.append(
                    ConfigurationError(
                        file: file, line: document?.line, key: "", message: "has more mistakes from here on"))
            }
            return
        }
        errors.append(ConfigurationError(file: file, line: document?.line, key: path, message: message))
    }
}
