internal import Policy

/// A deciding rule as the formats name it: its group, and `UserRule_x` or `DefaultRule_x`.
package struct RuleLabel: Hashable, Sendable {
    /// Characters of a rule's name that the format keeps.
    package static let nameCharacters = 65

    package let group: String
    package let text: String

    package init(group: String, text: String) {
        self.group = group
        self.text = text
    }

    /// A rule that somebody wrote.
    package static func user(_ name: String, group: String) -> RuleLabel {
        RuleLabel(group: group, text: "UserRule_\(name.prefix(nameCharacters))")
    }

    /// A rule of a network security group, by its qualified name (`NetworkSecurityGroup.qualifiedName`); nil: the name is none.
    package static func group(qualifiedName: String) -> RuleLabel? {
        let parts = qualifiedName.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let group = String(parts[0])
        guard NetworkSecurityGroup.isDefaultRule(qualifiedName), let rule = parts[1].split(separator: "/").last else {
            return user(String(parts[1]), group: group)
        }
        return RuleLabel(group: group, text: "DefaultRule_\(rule)")
    }

    /// What no rule allows is denied, as by a group's last rules.
    package static func denyAll(isInbound: Bool, group: String) -> RuleLabel {
        RuleLabel(group: group, text: isInbound ? "DefaultRule_DenyAllInBound" : "DefaultRule_DenyAllOutBound")
    }

    /// A session whose rule is not known any more.
    package static func unnamed(_ identity: UInt16, group: String) -> RuleLabel {
        RuleLabel(group: group, text: "UserRule_#\(identity)")
    }
}
