/// Nested deployments: the scope of their templates, and the values of their outputs.
extension TemplateScope {
    static let deploymentType = "Microsoft.Resources/deployments"

    /// The template of a nested deployment, and the scope of its expressions; nil if the template is linked and stored
    /// elsewhere.
    func nested(_ deployment: Document) throws(Mistake) -> (template: Document, scope: TemplateScope)? {
        guard let properties = deployment["properties"], let written = properties["template"] else { return nil }
        let template = written.members == nil ? try resolve(written) : written
        let options = properties["expressionEvaluationOptions"]?["scope"]?.text
        guard let options, Document.isSame(options, "inner") else { return (template, self) }
        var facts = CloudFacts()
        func fact(_ key: String) -> String? { deployment[key].flatMap { lazily($0).text } }
        facts.deployment = fact("name")
        facts.resourceGroup = fact("resourceGroup")
        facts.subscription = fact("subscriptionId")
        var cloud = cloud.overridden(by: facts)
        if let group = facts.resourceGroup, !Document.isSame(group, self.cloud.resourceGroup ?? "") {
            cloud.location = nil
        }
        let passed = properties["parameters"].map { lazily($0) } ?? Document(.mapping([]), line: deployment.line)
        return (template, TemplateScope(template: template, parameters: passed, cloud: cloud, budget: budget))
    }

    /// The result of `reference()` that is known without the cloud: the outputs of a nested deployment.
    func reference(_ call: TemplateCall) throws(Mistake) -> Document.Value {
        let wanted = try call.text(0)
        let name = wanted.split(separator: "/").last.map(String.init) ?? wanted
        var resources: [(symbol: String, body: Document)] = []
        if let list = template["resources"]?.list { resources = list.map { ("", $0) } }
        if let members = template["resources"]?.members { resources = members.map { ($0.key, $0.value) } }
        for (symbol, resource) in resources
        where resource["type"]?.text.map({ Document.isSame($0, TemplateScope.deploymentType) }) == true {
            guard resource["copy"] == nil else { continue }
            let isMeant = symbol == wanted || resource["name"].flatMap { lazily($0).text } == name
            guard isMeant, let (template, scope) = try nested(resource) else { continue }
            return try once("outputs of \(name)") { () throws(Mistake) in
                var outputs = template["outputs"] ?? Document(.mapping([]), line: resource.line)
                outputs = scope.lazily(outputs)
                return call.document(.mapping([.init(key: "outputs", line: call.line, value: outputs)]))
            }.value
        }
        return try TemplateFunctions.call(call)
    }
}
