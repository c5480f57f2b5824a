/// Finds the network security groups in a document of any supported shape, and reads them (NSG-5).
///
/// Shapes: the output of `az network nsg show` and `list`; answers of the REST interface (`value: [...]`); ARM
/// templates; and Sluice's own shape, which has shorter field names. All mistakes are collected. A group is returned
/// only if there are none.
struct GroupReader {
    let file: String
    let book: AddressBook
    var errors: [ConfigurationError] = []
    private(set) var groups: [NetworkSecurityGroup] = []
    /// What is allowed but may be a mistake, such as parts of a template that are stored elsewhere.
    var notices: [String] = []
    /// What messages are about, besides the key.
    var subject: String?
    /// In a template: the values that its expressions can refer to.
    var scope: TemplateScope?
    /// Whether the document is a template.
    var isTemplate = false
    /// Facts about the deployment that the user has given.
    let cloud: CloudFacts

    /// - Parameter book: the tags and application security groups that rules may name.
    init(file: String, book: AddressBook, cloud: CloudFacts = CloudFacts()) {
        self.file = file
        self.book = book
        self.cloud = cloud
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
            readTemplate(document, resources, parameters: parameters)
        } else if let value = document["value"], value.list != nil {
            read(value, path: "value")
        } else if document.members != nil {
            readGroup(document, path: path)
        } else {
            report(
                document, path,
                "is \(document.kind), not a network security group: write what `az network nsg show -o json` prints, or an ARM template"
            )
        }
    }

    // MARK: - Groups

    /// Reads a group. `apart` holds those of its rules that are separate resources.
    mutating func readGroup(
        _ document: Document, path: String, name givenName: String? = nil, apart: [WrittenRule] = []
    ) {
        func key(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        guard document.members != nil else {
            return report(document, path, "is \(document.kind), but must be a network security group")
        }
        if let type = document["type"], let text = value(type, key("type"))?.text,
            !Document.isSame(text, GroupReader.groupType)
        {
            return report(type, key("type"), "is \"\(text)\", not a network security group: remove it")
        }
        let name = givenName ?? document["name"]?.text
        guard let name, isName(name) else {
            let found = givenName.map { "\"\($0)\"" } ?? document["name"].map(\.kind)
            return report(
                document["name"] ?? document, key("name"),
                "is \(found ?? "missing"): a group needs a name of 1 to \(GroupLimits.nameLength) letters, digits, points, hyphens or underscores"
            )
        }
        var properties = document["properties"]
        if let expression = properties, expression.members == nil, scope != nil {
            guard let resolved = value(expression, key("properties")) else { return }
            properties = resolved
        }
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
        } else if let cloud = scope?.cloud, cloud.subscription != nil, cloud.resourceGroup != nil {
            let identifier = "\(cloud.resourceGroupId)/providers/\(GroupReader.groupType)/\(name)"
            if ResourceIdentifier.problem(of: identifier, group: name) == nil { group.resourceIdentifier = identifier }
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
        let outer = scope
        for written in WrittenRule.merged(
            writtenRules(written, path: rulesKey, copied: properties, propertiesPath), apart: apart)
        {
            scope = written.scope
            read(rule: written.rule, path: written.path, name: written.resourceName, into: &rules)
        }
        scope = outer
        check(rules, document, group: name, path: rulesKey)
        group = NetworkSecurityGroup(
            name: name, resourceIdentifier: group.resourceIdentifier, flushConnection: group.flushConnection,
            rules: rules.rules)
        groups.append(group)
    }

    /// The resource id that was exported with a group; empty, and reported, if it is wrong.
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

    /// A rule as it stands in the document, before it is read.
    struct WrittenRule {
        var rule: Document
        var path: String
        /// Set if the rule is a separate resource.
        var resourceName: String?
        /// Its resolved name; nil if it can't be resolved, which is reported when the rule is read.
        var name: String?
        var scope: TemplateScope?

        /// Merges the rules within a group with those that are separate resources. If two have the same name, the
        /// separate resource wins: it is deployed later and replaces the group's own one.
        static func merged(_ inline: [WrittenRule], apart: [WrittenRule]) -> [WrittenRule] {
            var result = inline
            var rest = apart
            for index in result.indices {
                guard let name = result[index].name,
                    let other = rest.firstIndex(where: { $0.name?.lowercased() == name.lowercased() })
                else { continue }
                result[index] = rest.remove(at: other)
            }
            return result + rest
        }
    }

    /// The list of rules, or the list that a copy loop of the properties produces.
    private mutating func writtenRules(
        _ written: Document?, path: String, copied properties: Document?, _ propertiesPath: String
    ) -> [WrittenRule] {
        var elements: [WrittenRule] = []
        if let written {
            var list = written
            // The result of an expression contains no further expressions.
            var inner = scope
            if written.list == nil {
                guard let resolved = value(written, path, whole: false) else { return [] }
                (list, inner) = (resolved, nil)
            }
            guard let entries = list.list else {
                report(list, path, "must be a list of rules, but is \(list.kind)")
                return []
            }
            elements = entries.enumerated().map {
                WrittenRule(rule: $0.element, path: "\(path)[\($0.offset)]", scope: inner)
            }
        }
        let copies = (properties?["copy"]?.list ?? []).filter { copy in
            copy["name"]?.text.map { Document.isSame($0, "securityRules") } == true
        }
        for copy in scope == nil ? [] : copies {
            guard let scope, let input = copy["input"] else { continue }
            do throws(TemplateExpression.Mistake) {
                for iteration in 0..<(try scope.count(of: copy)) {
                    let inner = scope.within(.init(name: "securityRules", index: iteration, kind: .property))
                    elements.append(
                        .init(rule: input, path: "\(propertiesPath).copy.securityRules[\(iteration)]", scope: inner))
                }
            } catch {
                report(copy, "\(propertiesPath).copy", error.message)
            }
        }
        guard elements.count <= GroupLimits.rules else {
            report(
                written, path,
                "\(elements.count) rules are more than \(GroupLimits.rules): merge rules that differ only in addresses or ports"
            )
            return []
        }
        for index in elements.indices {
            let (rule, scope) = (elements[index].rule, elements[index].scope)
            guard let name = rule["name"] ?? rule["properties"]?["name"] else { continue }
            elements[index].name = scope == nil ? name.text : (try? scope?.resolve(name))?.text
        }
        return elements
    }

    /// Rules of one group while they are read.
    struct RuleCollection {
        var rules: [SecurityRule] = []
        var ruleByPriority: [RuleDirection: [Int: String]] = [:]
        var pathByName: [String: String] = [:]
    }

    /// Checks across all rules of a group.
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
                "group \"\(group)\": \(count) different \(side) \(what) in total are more than \(limit): write fewer, larger ones"
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

    /// Letters, digits, `_`, `.` and `-`; the first is a letter, digit or `_`. (The cloud also requires that the last
    /// is not `.` or `-`.)
    func isName(_ name: String) -> Bool {
        guard (1...GroupLimits.nameLength).contains(name.unicodeScalars.count), let first = name.unicodeScalars.first
        else { return false }
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
        return isWord(first) && name.unicodeScalars.allSatisfy { isWord($0) || $0 == "." || $0 == "-" }
    }

    // MARK: - Values and mistakes

    /// A value with its expressions resolved; nil, and reported, if that fails.
    ///
    /// - Parameter whole: whether every nested value must be known.
    mutating func value(_ document: Document, _ path: String, whole: Bool = true) -> Document? {
        var reason: String?
        var resolved = document
        if let scope {
            do throws(TemplateExpression.Mistake) {
                resolved = try scope.resolve(document)
            } catch {
                reason = error.message
            }
        }
        if reason == nil {
            if case .unknown(let message) = resolved.value { reason = message }
            if whole { reason = reason ?? resolved.reasonUnknown }
        }
        if reason == nil, let text = resolved.text { reason = CloudFacts.missing(in: text) }
        guard let reason else { return resolved }
        report(document, path, "\(document.kind) can't be resolved: it \(reason)")
        return nil
    }

    /// Whether a text is an expression. Its result may differ from what the writer meant.
    func isExpression(_ document: Document) -> Bool {
        guard scope != nil, case .text(let text) = document.value else { return false }
        return text.hasPrefix("[") && text.hasSuffix("]") && !text.hasPrefix("[[")
    }

    /// Reports a mistake at a position.
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
