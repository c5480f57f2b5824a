package import Policy
import FlowLayout

/// A rule of the active policy, as `policy show` lists it.
package struct ActiveRule: Codable, Equatable, Sendable {
    /// `rules` or `hostRules`.
    package var list: String
    package var priority: Int
    package var name: String
    package var access: String
    package var `protocol`: String
    package var source: [String]
    package var sourcePorts: [String]
    package var destination: [String]
    package var destinationPorts: [String]
    /// As configured, not scaled; 0: the class's.
    package var idleTimeoutSeconds: Double
    /// `byClass`: the class's.
    package var onIdle: String
    /// The number that sessions carry; 0: not assigned.
    package var identity: UInt16
    /// Sessions that it has allowed and that live.
    package var sessions: Int

    package init(list: String, rule: FirewallRule, identity: UInt16, sessions: Int) {
        self.list = list
        self.priority = rule.priority
        self.name = rule.name
        self.access = rule.access.rawValue
        self.protocol = rule.ipProtocol.rawValue
        self.source = rule.source.items
        self.sourcePorts = rule.sourcePorts.items
        self.destination = rule.destination.items
        self.destinationPorts = rule.destinationPorts.items
        self.idleTimeoutSeconds = Double((rule.idleTimeoutNanoseconds ?? 0) / 1_000_000) / 1000
        self.onIdle = rule.onIdle.map { "\($0)" } ?? "byClass"
        self.identity = identity
        self.sessions = sessions
    }
}

extension GatewayInspector {
    /// The rules that are active, in the order in which they are asked; those of the gateway's own addresses last.
    package func activeRules() throws(InspectionError) -> [ActiveRule] {
        let configuration = try directory.configuration()
        let identities = try directory.ruleIdentities()
        var sessions = [Int](repeating: 0, count: 1 << 16)
        memory.forEach { sessions[Int($0.session.rule)] += 1 }
        let lists = [("rules", configuration.rules), ("hostRules", configuration.hostRules)]
        return lists.flatMap { list, rules in
            rules.map { rule in
                let identity = identities.identity(of: rule.name) ?? 0
                return ActiveRule(
                    list: list, rule: rule, identity: identity, sessions: identity == 0 ? 0 : sessions[Int(identity)])
            }
        }
    }
}
