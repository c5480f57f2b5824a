package import FlowCore

/// How the rule sets decide, in order, about a packet that begins a session (NSG-4): the data of `policy explain`.
package struct DecisionTrail: Equatable, Sendable {
    /// The decision of one rule set.
    package struct Step: Equatable, Sendable {
        package var stage: PolicyStage
        /// The group's name; empty for the firewall's own rules.
        package var group: String
        /// The deciding rule with its access; nil if no rule matches, which denies.
        package var decidingRule: FirewallRule?
        /// Rules with a lower precedence that match too, in order of priority.
        package var laterRules: [FirewallRule]

        package var isAllowed: Bool { decidingRule?.access == .allow }
    }

    /// In the order of evaluation. The last step decides; sets after a denial are not evaluated.
    package var steps: [Step] = []

    /// For a question that no rule set was evaluated for.
    package init() {}

    package var isAllowed: Bool { !steps.isEmpty && steps.allSatisfy(\.isAllowed) }

    /// - Parameters:
    ///   - sourceZone: name of the ingress zone; nil if no group applies there.
    ///   - destinationZone: name of the egress zone.
    package init(
        of configuration: Configuration, sourceZone: String?, destinationZone: String?, source: NetworkAddress,
        destination: NetworkAddress, sourcePort: UInt16, destinationPort: UInt16, ipProtocol: UInt8,
        forHost: Bool = false
    ) {
        /// - Parameter matching: the rules that match, in order of priority.
        func ask(_ stage: PolicyStage, _ group: String, _ matching: [FirewallRule]) -> Bool {
            let step = Step(
                stage: stage, group: group, decidingRule: matching.first, laterRules: Array(matching.dropFirst()))
            steps.append(step)
            return step.isAllowed
        }
        func fits(_ ipProtocol: UInt8, _ rule: FirewallRule) -> Bool {
            (rule.protocolNumbers?.contains(ipProtocol) ?? true) && rule.sourcePorts.contains(sourcePort)
                && rule.destinationPorts.contains(destinationPort)
        }
        func matching(_ rules: [FirewallRule]) -> [FirewallRule] {
            rules.filter {
                fits(ipProtocol, $0) && $0.source.contains(source) && $0.destination.contains(destination)
            }
        }
        // A tag may stand for many thousand prefixes: each is searched once, and listed only for rules that match.
        let book = configuration.addressBook
        func holds(
            _ selection: AddressSelection, _ address: NetworkAddress, _ known: inout [AddressSelection: Bool]
        ) -> Bool {
            if selection.tags.isEmpty { return book.contains(address, in: selection) }
            if let answer = known[selection] { return answer }
            let answer = book.contains(address, in: selection)
            known[selection] = answer
            return answer
        }
        var knownSources: [AddressSelection: Bool] = [:]
        var knownDestinations: [AddressSelection: Bool] = [:]
        func matching(_ group: NetworkSecurityGroup, _ direction: RuleDirection) -> [FirewallRule] {
            group.rules(direction).filter { rule in
                holds(rule.source, source, &knownSources) && holds(rule.destination, destination, &knownDestinations)
            }.map { group.effective($0, in: book) }.filter { fits(ipProtocol, $0) }
        }
        if forHost {
            _ = ask(.ownRules, "", matching(configuration.hostRules))
            return
        }
        if let group = configuration.group(ofZone: sourceZone),
            !ask(.outboundGroup, group.name, matching(group, .outbound))
        {
            return
        }
        if let group = configuration.group(ofZone: destinationZone),
            !ask(.inboundGroup, group.name, matching(group, .inbound))
        {
            return
        }
        _ = ask(.ownRules, "", matching(configuration.rules))
    }
}
