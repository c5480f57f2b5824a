/// The direction that a group's rule applies to.
package enum RuleDirection: String, Sendable, CaseIterable, Codable {
    case inbound = "Inbound"
    case outbound = "Outbound"
}

/// The addresses that a group's rule names, as written. Tags and application security groups are resolved when a policy
/// is compiled (``AddressBook``).
package struct AddressSelection: Hashable, Sendable, CustomStringConvertible {
    /// Every address of both families: `*`.
    package var isAny: Bool = false
    package var prefixes: [AddressPrefix] = []
    /// Service tags, in the spelling of the address book.
    package var tags: [String] = []
    /// Names of application security groups.
    package var applicationSecurityGroups: [String] = []

    package init(
        isAny: Bool = false, prefixes: [AddressPrefix] = [], tags: [String] = [],
        applicationSecurityGroups: [String] = []
    ) {
        self.isAny = isAny
        self.prefixes = prefixes
        self.tags = tags
        self.applicationSecurityGroups = applicationSecurityGroups
    }

    package static let any = AddressSelection(isAny: true)

    package static func tag(_ name: String) -> AddressSelection { AddressSelection(tags: [name]) }

    /// The items as written.
    package var items: [String] {
        if isAny { return ["*"] }
        return AddressMatch.prefixes(prefixes).items + tags + applicationSecurityGroups.map { "asg:\($0)" }
    }

    package var description: String { items.joined(separator: ", ") }
}

/// A rule of a network security group (NSG-1).
package struct SecurityRule: Hashable, Sendable {
    package var name: String
    /// Lower is evaluated first; unique in a direction of the group. 100 to 4096; default rules have higher numbers.
    package var priority: Int
    package var direction: RuleDirection
    package var access: RuleAccess
    package var ipProtocol: RuleProtocol
    package var source: AddressSelection
    package var sourcePorts: PortMatch
    package var destination: AddressSelection
    package var destinationPorts: PortMatch
    /// Whether it is one of the six default rules of every group (NSG-2).
    package var isDefault: Bool

    package init(
        name: String, priority: Int, direction: RuleDirection, access: RuleAccess, ipProtocol: RuleProtocol = .any,
        source: AddressSelection = .any, sourcePorts: PortMatch = .any, destination: AddressSelection = .any,
        destinationPorts: PortMatch = .any, isDefault: Bool = false
    ) {
        self.name = name
        self.priority = priority
        self.direction = direction
        self.access = access
        self.ipProtocol = ipProtocol
        self.source = source
        self.sourcePorts = sourcePorts
        self.destination = destination
        self.destinationPorts = destinationPorts
        self.isDefault = isDefault
    }

    /// The default rules at the end of every group. They can't be removed.
    package static let defaults: [SecurityRule] = [
        SecurityRule(
            name: "AllowVnetInBound", priority: 65000, direction: .inbound, access: .allow,
            source: .tag(AddressBook.virtualNetwork), destination: .tag(AddressBook.virtualNetwork), isDefault: true),
        SecurityRule(
            name: "AllowAzureLoadBalancerInBound", priority: 65001, direction: .inbound, access: .allow,
            source: .tag(AddressBook.azureLoadBalancer), isDefault: true),
        SecurityRule(name: "DenyAllInBound", priority: 65500, direction: .inbound, access: .deny, isDefault: true),
        SecurityRule(
            name: "AllowVnetOutBound", priority: 65000, direction: .outbound, access: .allow,
            source: .tag(AddressBook.virtualNetwork), destination: .tag(AddressBook.virtualNetwork), isDefault: true),
        SecurityRule(
            name: "AllowInternetOutBound", priority: 65001, direction: .outbound, access: .allow,
            destination: .tag(AddressBook.internet), isDefault: true),
        SecurityRule(name: "DenyAllOutBound", priority: 65500, direction: .outbound, access: .deny, isDefault: true),
    ]
}
