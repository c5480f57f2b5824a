extension Configuration {
    /// The groups that at least one zone uses, in the order of the zones.
    package var groupsInUse: [NetworkSecurityGroup] {
        var seen: Set<String> = []
        return zones.compactMap(\.networkSecurityGroup).filter { seen.insert($0).inserted }.compactMap { name in
            groups.first { $0.name == name }
        }
    }

    /// The names of all rules that can decide: the firewall's own rules, host rules, and those of groups in use, as
    /// `group/rule`.
    package var ruleNames: [String] {
        (rules + hostRules).map(\.name)
            + groupsInUse.flatMap { group in
                RuleDirection.allCases.flatMap { direction in
                    group.rules(direction).map { group.qualifiedName(of: $0) }
                }
            }
    }

    /// The group of a zone; nil if it has none, or if there is no such zone.
    package func group(ofZone name: String?) -> NetworkSecurityGroup? {
        guard let zone = zones.first(where: { $0.name == name }) else { return nil }
        return groups.first { $0.name == zone.networkSecurityGroup }
    }

    /// All lists of rules, including those of groups that no zone uses, with plain prefixes and in order of priority.
    package var ruleLists: [RuleList] {
        [RuleList(name: "rules", rules: rules), RuleList(name: "hostRules", rules: hostRules)]
            + groups.flatMap { group in
                RuleDirection.allCases.map { direction in
                    RuleList(
                        name: RuleList.name(group.name, direction),
                        rules: group.effectiveRules(direction, in: addressBook))
                }
            }
    }

    /// The rules that can never match, by list.
    package var shadowedRules: [(list: String, shadowed: ShadowedRule)] {
        ruleLists.flatMap { list in ShadowedRule.find(in: list.rules).map { (list.name, $0) } }
    }
}

/// Rules that are evaluated in order.
package struct RuleList: Equatable, Sendable {
    /// `rules`, `hostRules`, or a group's name and the direction: `web inbound`.
    package var name: String
    package var rules: [FirewallRule]

    package static func name(_ group: String, _ direction: RuleDirection) -> String {
        "\(group) \(direction.rawValue.lowercased())"
    }
}
