internal import Policy

/// A deciding rule in the terms of the formats: its group, and `UserRule_x` or `DefaultRule_x`.
package struct RuleLabel: Hashable, Sendable {
    /// Maximum characters of a rule's name in the format.
    package static let nameCharacters = 65

    package let group: String
    package let text: String

    package init(group: String, text: String) {
        self.group = group
        self.text = text
    }

    /// A rule of the user.
    package static func user(_ name: String, group: String) -> RuleLabel {
        RuleLabel(group: group, text: "UserRule_\(name.prefix(nameCharacters))")
    }

    /// A rule of a network security group, by its qualified name (`NetworkSecurityGroup.qualifiedName`); nil if the
    /// name is not one.
    package static func group(qualifiedName: String) -> RuleLabel? {
        let parts = qualifiedName.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let group = String(parts[0])
        guard NetworkSecurityGroup.isDefaultRule(qualifiedName), let rule = parts[1].split(separator: "/").last else {
            return user(String(parts[1]), group: group)
        }
        return RuleLabel(group: group, text: "DefaultRule_\(rule)")
    }

    /// The default denial of traffic that no rule allows, written like a group's last default rule.
    package static func denyAll(isInbound: Bool, group: String) -> RuleLabel {
        RuleLabel(group: group, text: isInbound ? "DefaultRule_DenyAllInBound" : "DefaultRule_DenyAllOutBound")
    }

    /// A session whose rule is no longer known.
    package static func unnamed(_ identity: UInt16, group: String) -> RuleLabel {
        RuleLabel(group: group, text: "UserRule_#\(identity)")
    }
}
