package import Policy
import FlowCore
import FlowLayout

/// A rule of the active policy, as `policy show` lists it.
package struct ActiveRule: Codable, Equatable, Sendable {
    /// `rules`, `hostRules`, or a group's name and the direction, `web inbound`.
    package var list: String
    package var priority: Int
    package var name: String
    package var access: String
    package var `protocol`: String
    /// As written. In rules of groups this includes service tags and `asg:` names.
    package var source: [String]
    package var sourcePorts: [String]
    package var destination: [String]
    package var destinationPorts: [String]
    /// All prefixes that `source` matches.
    package var expandedSource: [String]
    package var expandedDestination: [String]
    /// Whether it is one of the default rules of every group.
    package var isDefault: Bool
    /// As configured, not scaled; 0: the timeout of the class.
    package var idleTimeoutSeconds: Double
    /// `byClass`: as the class.
    package var onIdle: String
    /// The number that sessions store; 0: not assigned.
    package var identity: UInt16
    /// Live sessions that it has allowed.
    package var sessions: Int

    /// - Parameter written: a group's rule as written; nil if the rule names prefixes itself.
    package init(
        list: String, rule: FirewallRule, written: SecurityRule? = nil, identity: UInt16, sessions: Int
    ) {
        self.list = list
        self.priority = rule.priority
        self.name = rule.name
        self.access = rule.access.rawValue
        self.protocol = rule.ipProtocol.rawValue
        self.source = written?.source.items ?? rule.source.items
        self.expandedSource = rule.source.items
        self.expandedDestination = rule.destination.items
        self.isDefault = written?.isDefault ?? false
        self.sourcePorts = rule.sourcePorts.items
        self.destination = written?.destination.items ?? rule.destination.items
        self.destinationPorts = rule.destinationPorts.items
        self.idleTimeoutSeconds = Double((rule.idleTimeoutNanoseconds ?? 0) / 1_000_000) / 1000
        self.onIdle = rule.onIdle.map { "\($0)" } ?? "byClass"
        self.identity = identity
        self.sessions = sessions
    }
}

extension GatewayInspector {
    /// The active rules in the order of evaluation: rules of groups, the firewall's own rules, and host rules.
    ///
    /// - Parameter zone: only rules that can apply to traffic out of the zone, or into it; nil: all.
    package func activeRules(zone: String? = nil) throws(InspectionError) -> [ActiveRule] {
        let configuration = try directory.configuration()
        let identities = try directory.ruleIdentities()
        var sessions = [Int](repeating: 0, count: 1 << 16)
        memory.forEach {
            sessions[Int($0.session.rule)] += 1
            sessions[Int($0.session.groupRule)] += 1
        }
        return ActiveRule.list(configuration, zone: zone) { name in
            let identity = identities.identity(of: name) ?? 0
            return (identity, identity == 0 ? 0 : sessions[Int(identity)])
        }
    }
}

extension ActiveRule {
    /// The rules of a configuration in the order of evaluation. `numbers` returns a rule's identity and its number of
    /// sessions.
    package static func list(
        _ configuration: Configuration, zone: String? = nil, numbers: (String) -> (identity: UInt16, sessions: Int)
    ) -> [ActiveRule] {
        var result: [ActiveRule] = []
        func add(_ list: String, _ rule: FirewallRule, _ written: SecurityRule?) {
            let (identity, sessions) = numbers(rule.name)
            result.append(
                ActiveRule(list: list, rule: rule, written: written, identity: identity, sessions: sessions))
        }
        let groups = zone == nil ? configuration.groupsInUse : configuration.group(ofZone: zone).map { [$0] } ?? []
        for group in groups {
            for direction in [RuleDirection.outbound, .inbound] {
                let effective = group.effectiveRules(direction, in: configuration.addressBook)
                for (rule, written) in zip(effective, group.rules(direction)) {
                    add(RuleList.name(group.name, direction), rule, written)
                }
            }
        }
        for rule in configuration.rules { add("rules", rule, nil) }
        if zone == nil {
            for rule in configuration.hostRules { add("hostRules", rule, nil) }
        }
        return result
    }
}
