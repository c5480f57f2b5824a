/// Rules that can never match, because earlier ones take everything that they could.
package struct ShadowedRule: Equatable, Sendable {
    package var rule: String
    /// An earlier rule that alone takes everything; empty: the rule names no address at all.
    package var by: String

    /// Finds the rules of a list, in order of priority, that one earlier rule covers whole, or that match no address. A rule that only
    /// several earlier ones cover together is not found: what is found is certain.
    package static func find(in rules: [FirewallRule]) -> [ShadowedRule] {
        rules.enumerated().compactMap { index, rule in
            if rule.source == .prefixes([]) || rule.destination == .prefixes([]) {
                return ShadowedRule(rule: rule.name, by: "")
            }
            return rules[..<index].first { $0.covers(rule) }.map { ShadowedRule(rule: rule.name, by: $0.name) }
        }
    }
}

extension FirewallRule {
    /// Whether it matches every packet that another rule matches.
    package func covers(_ other: FirewallRule) -> Bool {
        covers(protocols: other.protocolNumbers) && source.covers(other.source)
            && destination.covers(other.destination) && sourcePorts.covers(other.sourcePorts)
            && destinationPorts.covers(other.destinationPorts)
    }

    private func covers(protocols other: [UInt8]?) -> Bool {
        guard let numbers = protocolNumbers else { return true }
        guard let other else { return false }
        return other.allSatisfy { numbers.contains($0) }
    }
}

extension AddressMatch {
    /// Whether it holds every address that another holds.
    func covers(_ other: AddressMatch) -> Bool {
        AddressFamily.allCases.allSatisfy { family in
            let mine = spans(of: family)
            return other.spans(of: family).allSatisfy { span in
                mine.contains { $0.lowerBound <= span.lowerBound && span.upperBound <= $0.upperBound }
            }
        }
    }

    /// The runs of addresses of a family, joined where they meet.
    private func spans(of family: AddressFamily) -> [ClosedRange<UInt128>] {
        switch self {
        case .any: [0...family.maximum]
        case .prefixes(let prefixes):
            joined(prefixes.filter { $0.family == family }.map { $0.first.value...$0.last.value })
        }
    }
}

extension PortMatch {
    /// Whether it holds every port that another holds.
    func covers(_ other: PortMatch) -> Bool {
        let mine = spans
        return other.spans.allSatisfy { span in
            mine.contains { $0.lowerBound <= span.lowerBound && span.upperBound <= $0.upperBound }
        }
    }

    private var spans: [ClosedRange<UInt128>] {
        switch self {
        case .any: [0...UInt128(UInt16.max)]
        case .ranges(let ranges): joined(ranges.map { UInt128($0.lower)...UInt128($0.upper) })
        }
    }
}

/// Ranges in order, with those that overlap or touch made one.
private func joined(_ ranges: [ClosedRange<UInt128>]) -> [ClosedRange<UInt128>] {
    var result: [ClosedRange<UInt128>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
        if let last = result.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
            result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        } else {
            result.append(range)
        }
    }
    return result
}
