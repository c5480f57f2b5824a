/// `resourceId()` and the related functions: resource ids from types and names. Parts that only the cloud knows become
/// placeholders (``CloudFacts``), because most uses read only type and name.
enum ResourceIdentifierFunctions {
    typealias Mistake = TemplateExpression.Mistake

    /// Returns nil if the call is for another function.
    static func call(_ call: TemplateCall, _ cloud: CloudFacts) throws(Mistake) -> Document.Value? {
        switch call.function {
        case "resourceid":
            let (before, path) = try parts(call, try call.texts())
            var facts = cloud
            switch before.count {
            case 0: break
            case 1: facts.resourceGroup = before[0]
            default: (facts.subscription, facts.resourceGroup) = (before[0], before[1])
            }
            return .text("\(facts.resourceGroupId)/providers/\(path)")
        case "subscriptionresourceid":
            let (before, path) = try parts(call, try call.texts())
            var facts = cloud
            if let subscription = before.first { facts.subscription = subscription }
            return .text("\(facts.subscriptionId)/providers/\(path)")
        case "tenantresourceid": return .text("/providers/\(try parts(call, try call.texts()).path)")
        case "managementgroupresourceid":
            let (before, path) = try parts(call, try call.texts())
            var facts = cloud
            if let group = before.first { facts.managementGroup = group }
            return .text("\(facts.managementGroupId)/providers/\(path)")
        case "extensionresourceid":
            let path = try parts(call, try call.texts(from: 1)).path
            return .text("\(try call.text(0))/providers/\(path)")
        default: return nil
        }
    }

    /// Separates the parts before the type from the path of type and names.
    private static func parts(
        _ call: TemplateCall, _ texts: [String]
    ) throws(Mistake) -> (before: [String], path: String) {
        guard let typeIndex = texts.firstIndex(where: { $0.contains("/") }) else {
            throw .init(
                message:
                    "calls \(call.name)() without a type such as Microsoft.Network/applicationSecurityGroups")
        }
        let type = texts[typeIndex].split(separator: "/").map(String.init)
        let names = texts[(typeIndex + 1)...]
        guard names.count == type.count - 1 else {
            throw .init(message: "calls \(call.name)() with \(names.count) names for \(texts[typeIndex])")
        }
        let path = zip(type.dropFirst(), names).flatMap { [$0, $1] }.joined(separator: "/")
        return (Array(texts[..<typeIndex]), "\(type[0])/\(path)")
    }
}
