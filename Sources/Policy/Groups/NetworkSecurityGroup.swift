/// A network security group: rules for what goes into a zone, and for what comes out of it (NSG-1 to NSG-4).
package struct NetworkSecurityGroup: Equatable, Sendable {
    /// As written; with `@` and its resource group where several groups have the name.
    package var name: String
    /// The cloud's own identifier, as exported, and fit for a path: flow logs carry it. Empty: none.
    package var resourceIdentifier: String
    /// Whether a change of the rules re-evaluates sessions that live (NSG-3).
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

    /// The rules of a direction in the order in which they are asked, the default ones last.
    package func rules(_ direction: RuleDirection) -> [SecurityRule] {
        rules.filter { $0.direction == direction } + SecurityRule.defaults.filter { $0.direction == direction }
    }

    /// What sessions, logs and explanations call a rule of this group: never the name of a rule of another group.
    package func qualifiedName(of rule: SecurityRule) -> String {
        rule.isDefault ? "\(name)/\(NetworkSecurityGroup.defaultsPrefix)/\(rule.name)" : "\(name)/\(rule.name)"
    }

    /// Whether a qualified name is that of a default rule.
    package static func isDefaultRule(_ qualifiedName: String) -> Bool {
        let parts = qualifiedName.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[1] == defaultsPrefix
    }

    /// As the cloud's tools name default rules.
    package static let defaultsPrefix = "defaultSecurityRules"

    /// The rules of a direction with plain prefixes, as the evaluators take them.
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
