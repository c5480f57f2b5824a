extension Configuration {
    /// The groups that some zone has, in the order of the zones.
    package var groupsInUse: [NetworkSecurityGroup] {
        var seen: Set<String> = []
        return zones.compactMap(\.networkSecurityGroup).filter { seen.insert($0).inserted }.compactMap { name in
            groups.first { $0.name == name }
        }
    }

    /// The names of all rules that can decide: own ones, host rules, and those of groups in use, as `group/rule`.
    package var ruleNames: [String] {
        (rules + hostRules).map(\.name)
            + groupsInUse.flatMap { group in
                RuleDirection.allCases.flatMap { direction in
                    group.rules(direction).map { group.qualifiedName(of: $0) }
                }
            }
    }

    /// The effective rules of a zone, with plain prefixes: outbound for what comes out of it, inbound for what goes into it.
    package func effectiveRules(ofZone name: String, _ direction: RuleDirection) -> [FirewallRule] {
        guard let zone = zones.first(where: { $0.name == name }),
            let group = groups.first(where: { $0.name == zone.networkSecurityGroup })
        else { return [] }
        return group.effectiveRules(direction, in: addressBook)
    }
}
