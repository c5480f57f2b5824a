/// A network security group: rules for traffic into a zone (inbound) and out of it (outbound) (NSG-1 to NSG-4).
package struct NetworkSecurityGroup: Equatable, Sendable {
    /// As written. If several groups have the name, `@` and the resource group follow.
    package var name: String
    /// The cloud's resource id, as exported; empty if there is none. It is checked to be safe in a path, because flow
    /// logs use it.
    package var resourceIdentifier: String
    /// Whether a change of the rules re-evaluates live sessions (NSG-3).
    package var flushConnection: Bool
    /// Its own rules, inbound first, in order of priority.
    package var rules: [SecurityRule]

    package init(
        name: String, resourceIdentifier: String = "", flushConnection: Bool = false, rules: [SecurityRule] = []
    ) {
        self.name = name
        self.resourceIdentifier = resourceIdentifier
        self.flushConnection = flushConnection
        self.rules = rules.sorted {
            ($0.direction == .inbound ? 0 : 1, $0.priority) < ($1.direction == .inbound ? 0 : 1, $1.priority)
        }
    }

    /// The rules of a direction in the order of evaluation, the default ones last.
    package func rules(_ direction: RuleDirection) -> [SecurityRule] {
        rules.filter { $0.direction == direction } + SecurityRule.defaults.filter { $0.direction == direction }
    }

    /// The rule's name in sessions, logs and explanations. It is unique across groups.
    package func qualifiedName(of rule: SecurityRule) -> String {
        rule.isDefault ? "\(name)/\(NetworkSecurityGroup.defaultsPrefix)/\(rule.name)" : "\(name)/\(rule.name)"
    }

    /// Whether a qualified name belongs to a default rule.
    package static func isDefaultRule(_ qualifiedName: String) -> Bool {
        let parts = qualifiedName.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[1] == defaultsPrefix
    }

    /// The prefix that the cloud's tools use for default rules.
    package static let defaultsPrefix = "defaultSecurityRules"

    /// The rules of a direction with plain prefixes, for the evaluators.
    package func effectiveRules(_ direction: RuleDirection, in book: AddressBook) -> [FirewallRule] {
        rules(direction).map { effective($0, in: book) }
    }

    /// A rule with plain prefixes.
    package func effective(_ rule: SecurityRule, in book: AddressBook) -> FirewallRule {
        FirewallRule(
            name: qualifiedName(of: rule), priority: rule.priority, access: rule.access,
            ipProtocol: rule.ipProtocol, source: book.addresses(of: rule.source),
            destination: book.addresses(of: rule.destination), sourcePorts: rule.sourcePorts,
            destinationPorts: rule.destinationPorts)
    }
}
