/// What another configuration would change in the rules (`policy diff`). Live sessions are evaluated with its image and
/// `reevaluates` set (NSG-3).
package struct PolicyDifference: Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case added
        case removed
        case changed
        /// Can never match now. Before, it could match, or it did not exist.
        case shadowed
    }

    package struct Change: Codable, Equatable, Sendable {
        package var kind: Kind
        /// `rules`, `hostRules`, or a group's name with the direction.
        package var list: String
        package var rule: String
        /// For a shadowed rule: the rules that cover it, alone or together.
        package var by: [String]

        package init(kind: Kind, list: String, rule: String, by: [String] = []) {
            self.kind = kind
            self.list = list
            self.rule = rule
            self.by = by
        }
    }

    /// By list, in the order of their names. The firewall's own rules are a list too.
    package private(set) var changes: [Change] = []
    /// Zones that get another group: zone, old and new group.
    package private(set) var zones: [ZoneChange] = []

    package struct ZoneChange: Codable, Equatable, Sendable {
        package var zone: String
        package var old: String?
        package var new: String?
    }

    package init(from old: Configuration, to new: Configuration) {
        let before = Dictionary(uniqueKeysWithValues: old.ruleLists.map { ($0.name, $0.rules) })
        let after = Dictionary(uniqueKeysWithValues: new.ruleLists.map { ($0.name, $0.rules) })
        for list in Set(before.keys).union(after.keys).sorted() {
            compare(list, before[list] ?? [], after[list] ?? [])
        }
        for zone in new.zones {
            let earlier = old.zones.first { $0.name == zone.name }
            if earlier?.networkSecurityGroup != zone.networkSecurityGroup {
                zones.append(
                    .init(zone: zone.name, old: earlier?.networkSecurityGroup, new: zone.networkSecurityGroup))
            }
        }
    }

    /// Whether there are no changes.
    package var isEmpty: Bool { changes.isEmpty && zones.isEmpty }

    private mutating func compare(_ list: String, _ old: [FirewallRule], _ new: [FirewallRule]) {
        func byName(_ rules: [FirewallRule]) -> [String: FirewallRule] {
            Dictionary(rules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (before, after) = (byName(old), byName(new))
        func add(_ kind: Kind, _ rule: String, by others: [String] = []) {
            changes.append(Change(kind: kind, list: list, rule: rule, by: others))
        }
        for rule in old where after[rule.name] == nil { add(.removed, rule.name) }
        for rule in new {
            guard let earlier = before[rule.name] else {
                add(.added, rule.name)
                continue
            }
            if earlier != rule { add(.changed, rule.name) }
        }
        let shadowedBefore = Set(ShadowedRule.find(in: old).map(\.rule))
        for shadowed in ShadowedRule.find(in: new) where !shadowedBefore.contains(shadowed.rule) {
            add(.shadowed, shadowed.rule, by: shadowed.by)
        }
    }
}
