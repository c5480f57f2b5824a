/// A rule that can never match, because earlier rules match everything that it could match.
package struct ShadowedRule: Equatable, Sendable {
    package var rule: String
    /// The earlier rules that cover it together, in order of evaluation; one entry if one rule covers it alone. Empty
    /// if no packet can have such addresses.
    package var by: [String]

    /// Finds the rules of a list, in order of priority, that earlier rules cover completely, alone or together, or that
    /// no address matches.
    ///
    /// Every result is certain. A rule that is covered only by very many overlapping rules may be missed, because the
    /// search has bounds (``RuleCover``). Default rules are not reported, because nobody wrote them.
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
