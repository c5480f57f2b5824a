/// Templates of the cloud's resource manager: finds the groups and rules in them, including nested deployments.
extension GroupReader {
    private struct Resource {
        var body: Document
        var path: String
        var type: String
        var name: String
        var scope: TemplateScope

        /// The key by which the rules of a group find it. Nested deployments may target other resource groups.
        func key(ofGroup name: String) -> String {
            "\(scope.cloud.subscription ?? "")/\(scope.cloud.resourceGroup ?? "")/\(name)".lowercased()
        }
    }

    /// What a template contains that matters here.
    private struct Findings {
        var resources: [Resource] = []
        /// Deployments whose templates are stored elsewhere, by path.
        var linked: [(path: String, name: String)] = []
    }

    /// A misspelt parameter would leave the template's default in force, which may be any address.
    private mutating func noteUnknownParameters(_ template: Document, _ parameters: Document?) {
        let declared = template["parameters"]?.members?.map(\.key) ?? []
        let given = (parameters?.member("parameters") ?? parameters)?.members ?? []
        for name in given.map(\.key) where !declared.contains(where: { Document.isSame($0, name) }) {
            // Fields of the file itself.
            if ["$schema", "contentVersion"].contains(name) { continue }
            let nearest = DidYouMean.nearest(to: name, among: declared).map { ": did you mean \($0)?" } ?? ""
            notices.append(
                "\(file): the template does not declare the parameter \"\(name)\", so its value is not used\(nearest)")
        }
    }

    mutating func readTemplate(_ template: Document, _ resources: Document, parameters: Document?) {
        scope = TemplateScope(template: template, parameters: parameters, cloud: cloud)
        isTemplate = true
        noteUnknownParameters(template, parameters)
        defer {
            scope = nil
            isTemplate = false
        }
        var found = Findings()
        collect(resources, path: "resources", within: nil, into: &found)
        var rules: [String: [WrittenRule]] = [:]
        for resource in found.resources where Document.isSame(resource.type, GroupReader.ruleType) {
            let parts = resource.name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                report(
                    resource.body, "\(resource.path).name",
                    "\"\(resource.name)\" does not name a group and a rule: write group/rule")
                continue
            }
            rules[resource.key(ofGroup: parts[0]), default: []].append(
                WrittenRule(
                    rule: resource.body, path: resource.path, resourceName: parts[1], name: parts[1],
                    scope: resource.scope))
        }
        for resource in found.resources where Document.isSame(resource.type, GroupReader.groupType) {
            scope = resource.scope
            readGroup(
                resource.body, path: resource.path, name: resource.name,
                apart: rules.removeValue(forKey: resource.key(ofGroup: resource.name)) ?? [])
        }
        for (key, rules) in rules.sorted(by: { $0.key < $1.key }) {
            let group = key.split(separator: "/").last ?? ""
            report(
                rules[0].rule, "\(rules[0].path).name",
                "is a rule of the group \"\(group)\", which the template does not have: add the group to the template")
        }
        for (path, name) in found.linked {
            notices.append(
                "\(file): \(path): the template of the deployment \"\(name)\" is stored elsewhere and is not read: if it holds groups or rules, name its file too"
            )
        }
        if found.resources.isEmpty, errors.isEmpty {
            let what = "holds no network security group"
            guard let linked = found.linked.first else {
                return report(resources, "resources", "\(what): write one of the type \(GroupReader.groupType)")
            }
            report(
                resources, "resources",
                "\(what) (the template of the deployment \"\(linked.name)\" is stored elsewhere): name the file of that template instead, with the parameters that the deployment gives it"
            )
        }
    }

    /// Finds the resources that matter, including nested ones, with copy loops expanded.
    private mutating func collect(
        _ resources: Document, path: String, within parent: Resource?, into found: inout Findings
    ) {
        let list: [(path: String, resource: Document)]
        switch resources.value {
        case .list(let elements): list = elements.enumerated().map { ("\(path)[\($0.offset)]", $0.element) }
        // Templates of language version 2.0 give resources symbolic names.
        case .mapping(let members): list = members.map { ("\(path).\($0.key)", $0.value) }
        case .null, .boolean, .number, .text, .unknown:
            return report(resources, path, "must be a list of resources, but is \(resources.kind)")
        }
        for (path, resource) in list where mayMatter(resource, parent) {
            let outer = scope
            defer { scope = outer }
            if let parent { scope = parent.scope }
            guard let scope else { continue }
            // If the condition is false, even the loop count need not have a value. The condition is checked again in
            // each iteration.
            if let condition = resource["condition"], (try? scope.resolve(condition))?.boolean == false { continue }
            var scopes = [scope]
            if let copy = resource["copy"], copy.members != nil {
                do throws(TemplateExpression.Mistake) {
                    let name = copy["name"]?.text ?? ""
                    scopes = (0..<(try scope.count(of: copy))).map {
                        scope.within(.init(name: name, index: $0, kind: .resource))
                    }
                } catch {
                    report(copy, "\(path).copy", error.message)
                    continue
                }
            }
            for each in scopes {
                self.scope = each
                collectOne(resource, path: path, within: parent, into: &found)
            }
        }
    }

    /// Whether it may be a group, a rule or a deployment. If the type cannot be resolved the answer is true, and the
    /// error is reported later.
    private func mayMatter(_ resource: Document, _ parent: Resource?) -> Bool {
        guard let type = resource["type"]?.text else { return false }
        if Document.isSame(type, TemplateScope.deploymentType) { return true }
        return type.hasPrefix("[") || Document.isSame(type, GroupReader.groupType)
            || Document.isSame(type, GroupReader.ruleType)
            || parent != nil && Document.isSame(type, "securityRules")
    }

    private mutating func collectOne(
        _ resource: Document, path: String, within parent: Resource?, into found: inout Findings
    ) {
        guard let written = resource["type"], var type = value(written, "\(path).type")?.text, let scope else { return }
        if parent != nil, Document.isSame(type, "securityRules") { type = GroupReader.ruleType }
        let isGroup = Document.isSame(type, GroupReader.groupType)
        let isDeployment = Document.isSame(type, TemplateScope.deploymentType)
        guard isGroup || isDeployment || Document.isSame(type, GroupReader.ruleType) else { return }
        // An existing resource is only referred to.
        if resource["existing"]?.boolean == true { return }
        if isDeployment, !mentions(groupsIn: resource) {
            if hasLink(resource), !found.linked.contains(where: { $0.path == path }) {
                let name = resource["name"]
                found.linked.append((path, name.flatMap { try? scope.resolve($0).text } ?? name?.text ?? ""))
            }
            return
        }
        if let condition = resource["condition"] {
            guard let condition = value(condition, "\(path).condition") else { return }
            guard let holds = condition.boolean else {
                return report(condition, "\(path).condition", "is neither true nor false")
            }
            guard holds else { return }
        }
        if isDeployment { return collectNested(resource, path: path, within: parent, into: &found) }
        guard let written = resource["name"] else {
            return report(resource, "\(path).name", "is missing: write a name")
        }
        guard let named = value(written, "\(path).name") else { return }
        if isExpression(written), named.isNull || named.text?.isEmpty == true {
            return report(written, "\(path).name", "\(written.kind) has no value: give a value to what it refers to")
        }
        guard var name = named.text else { return report(named, "\(path).name", "is \(named.kind), not a name") }
        if let parent, !name.contains("/") { name = "\(parent.name)/\(name)" }
        let entry = Resource(body: resource, path: path, type: type, name: name, scope: scope)
        guard found.resources.count < GroupLimits.templateResources else {
            return report(
                resource, path,
                "is one of more than \(GroupLimits.templateResources) groups and rules: split the template")
        }
        found.resources.append(entry)
        if isGroup, let inner = resource["resources"] {
            collect(inner, path: "\(path).resources", within: entry, into: &found)
        }
    }

    /// The resources of a nested deployment, with its expressions evaluated in its own scope.
    private mutating func collectNested(
        _ resource: Document, path: String, within parent: Resource?, into found: inout Findings
    ) {
        let outer = scope
        defer { scope = outer }
        do throws(TemplateExpression.Mistake) {
            guard let (template, scope) = try outer?.nested(resource), let resources = template["resources"] else {
                return
            }
            self.scope = scope
            collect(resources, path: "\(path).properties.template.resources", within: nil, into: &found)
        } catch {
            report(resource, path, error.message)
        }
    }

    /// Whether a deployment's template has groups or rules.
    private func mentions(groupsIn document: Document) -> Bool {
        switch document.value {
        case .text(let text):
            Document.isSame(text, GroupReader.groupType) || Document.isSame(text, GroupReader.ruleType)
        case .list(let list): list.contains { mentions(groupsIn: $0) }
        case .mapping(let members): members.contains { mentions(groupsIn: $0.value) }
        case .null, .boolean, .number, .unknown: false
        }
    }

    /// Whether the template of a deployment, or of one nested in it, is stored elsewhere.
    private func hasLink(_ document: Document) -> Bool {
        switch document.value {
        case .list(let list): list.contains { hasLink($0) }
        case .mapping(let members):
            members.contains { Document.isSame($0.key, "templateLink") || hasLink($0.value) }
        case .null, .boolean, .number, .text, .unknown: false
        }
    }
}
