/// A rule that can never match, because earlier ones take everything that it could.
package struct ShadowedRule: Equatable, Sendable {
    package var rule: String
    /// The earlier rules that together take everything, in the order in which they are asked: one, where one does it alone. Empty: no
    /// packet has such addresses.
    package var by: [String]

    /// Finds the rules of a list, in order of priority, that earlier ones cover whole, alone or together, or that no address matches.
    ///
    /// What is found is certain. A rule that is covered only by very many earlier ones that overlap in many ways may not be found: the
    /// search has bounds (``RuleCover``). Rules that every group ends with are not told of: nobody wrote them.
    package static func find(in rules: [FirewallRule]) -> [ShadowedRule] {
        let reaches = rules.map { RuleReach($0) }
        var cover = RuleCover(reaches)
        return rules.enumerated().compactMap { index, rule in
            if NetworkSecurityGroup.isDefaultRule(rule.name) { return nil }
            if reaches[index].isEmpty { return ShadowedRule(rule: rule.name, by: []) }
            return cover.find(of: index).map { ShadowedRule(rule: rule.name, by: $0.map { rules[$0].name }) }
        }
    }
}
