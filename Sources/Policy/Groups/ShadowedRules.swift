/// Rules that can never match, because earlier ones take everything that they could.
package struct ShadowedRule: Equatable, Sendable {
    package var rule: String
    /// An earlier rule that alone takes everything; empty: the rule names no address at all.
    package var by: String

    /// Finds the rules of a list, in order of priority, that one earlier rule covers whole, or that match no address. A rule that only
    /// several earlier ones cover together is not found: what is found is certain. Rules that every group ends with are not
    /// told of: nobody wrote them.
    package static func find(in rules: [FirewallRule]) -> [ShadowedRule] {
        let reaches = rules.map { RuleReach($0) }
        return rules.enumerated().compactMap { index, rule in
            if NetworkSecurityGroup.isDefaultRule(rule.name) { return nil }
            if rule.source == .prefixes([]) || rule.destination == .prefixes([]) {
                return ShadowedRule(rule: rule.name, by: "")
            }
            return reaches[..<index].firstIndex { $0.covers(reaches[index]) }
                .map { ShadowedRule(rule: rule.name, by: rules[$0].name) }
        }
    }
}

/// What a rule matches, as runs of numbers that are in order and neither meet nor overlap: made once for each rule, since every
/// rule is held against every earlier one.
package struct RuleReach: Sendable {
    private typealias Span = ClosedRange<UInt128>

    /// nil: all.
    private let protocols: Set<UInt8>?
    /// Sources, destinations, of both families, and ports.
    private let fields: [[ClosedRange<UInt128>]]

    package init(_ rule: FirewallRule) {
        protocols = rule.protocolNumbers.map { Set($0) }
        fields =
            [rule.sourcePorts, rule.destinationPorts].map(Self.spans)
            + AddressFamily.allCases.flatMap { family in
                [rule.source, rule.destination].map { Self.spans($0, of: family) }
            }
    }

    /// Whether it holds everything that another holds.
    package func covers(_ other: RuleReach) -> Bool {
        if let protocols {
            guard let others = other.protocols, others.isSubset(of: protocols) else { return false }
        }
        return zip(fields, other.fields).allSatisfy { mine, others in
            others.allSatisfy { Self.holds(mine, $0) }
        }
    }

    /// Whether one of the runs holds a whole other one: the last that begins no later.
    private static func holds(_ spans: [Span], _ other: Span) -> Bool {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].lowerBound <= other.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low > 0 && spans[low - 1].upperBound >= other.upperBound
    }

    private static func spans(_ match: AddressMatch, of family: AddressFamily) -> [Span] {
        switch match {
        case .any: [0...family.maximum]
        case .prefixes(let prefixes):
            joined(prefixes.filter { $0.family == family }.map { $0.first.value...$0.last.value })
        }
    }

    private static func spans(_ match: PortMatch) -> [Span] {
        switch match {
        case .any: [0...UInt128(UInt16.max)]
        case .ranges(let ranges): joined(ranges.map { UInt128($0.lower)...UInt128($0.upper) })
        }
    }

    /// Ranges in order, with those that overlap or touch made one.
    private static func joined(_ ranges: [Span]) -> [Span] {
        var result: [Span] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }
}
