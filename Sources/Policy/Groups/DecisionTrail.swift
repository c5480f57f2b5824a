package import FlowCore

/// How the rule sets decide about a packet that begins a session, one after the other (NSG-4): the data of `policy explain`.
package struct DecisionTrail: Equatable, Sendable {
    /// What one rule set says.
    package struct Step: Equatable, Sendable {
        package var stage: PolicyStage
        /// The group's name; empty for the firewall's own rules.
        package var group: String
        /// The deciding rule, and the access that it gives; nil: none matches, which denies.
        package var decidingRule: FirewallRule?
        /// The rules that would have matched later, in order of priority.
        package var laterRules: [FirewallRule]

        package var isAllowed: Bool { decidingRule?.access == .allow }
    }

    /// In the order in which the sets are asked. The last one decides; those after a denial are not asked.
    package var steps: [Step] = []

    /// Of a question that no list was asked.
    package init() {}

    package var isAllowed: Bool { !steps.isEmpty && steps.allSatisfy(\.isAllowed) }

    /// - Parameters:
    ///   - sourceZone: name of the zone that the packet comes in by; nil: no group judges it there.
    ///   - destinationZone: name of the zone that it goes out by.
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
        // A tag may stand for many thousand prefixes: each is looked through once, and listed only for rules that match.
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
