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
        func ask(_ stage: PolicyStage, _ group: String, _ rules: [FirewallRule]) -> Bool {
            let matching = rules.filter { rule in
                (rule.protocolNumbers?.contains(ipProtocol) ?? true) && rule.source.contains(source)
                    && rule.destination.contains(destination) && rule.sourcePorts.contains(sourcePort)
                    && rule.destinationPorts.contains(destinationPort)
            }
            let step = Step(
                stage: stage, group: group, decidingRule: matching.first, laterRules: Array(matching.dropFirst()))
            steps.append(step)
            return step.isAllowed
        }
        if forHost {
            _ = ask(.ownRules, "", configuration.hostRules)
            return
        }
        let book = configuration.addressBook
        if let group = configuration.group(ofZone: sourceZone),
            !ask(.outboundGroup, group.name, group.effectiveRules(.outbound, in: book))
        {
            return
        }
        if let group = configuration.group(ofZone: destinationZone),
            !ask(.inboundGroup, group.name, group.effectiveRules(.inbound, in: book))
        {
            return
        }
        _ = ask(.ownRules, "", configuration.rules)
    }
}
