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
    /// As written: of groups, with service tags and `asg:` names.
    package var source: [String]
    package var sourcePorts: [String]
    package var destination: [String]
    package var destinationPorts: [String]
    /// All prefixes that `source` stands for.
    package var expandedSource: [String]
    package var expandedDestination: [String]
    /// Whether it is one of the rules that every group ends with.
    package var isDefault: Bool
    /// As configured, not scaled; 0: the class's.
    package var idleTimeoutSeconds: Double
    /// `byClass`: the class's.
    package var onIdle: String
    /// The number that sessions carry; 0: not assigned.
    package var identity: UInt16
    /// Sessions that it has allowed and that live.
    package var sessions: Int

    /// - Parameter written: a group's rule as written; nil: the rule names prefixes itself.
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
    /// The rules that are active, in the order in which they are asked: those of groups, own ones, and those of the gateway's own
    /// addresses.
    ///
    /// - Parameter zone: only rules that what comes out of the zone, or goes into it, can meet; nil: all.
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
    /// The rules of a configuration in the order in which they are asked. `numbers` tells a rule's identity and sessions.
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
