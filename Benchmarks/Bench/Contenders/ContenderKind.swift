/// What is between the two ends.
enum ContenderKind: String, CaseIterable, Codable {
    /// No forwarding: the gateway drops packets on arrival. Its cost is the sender's own cost.
    case door
    /// The kernel's forwarding without any firewall.
    case plain
    /// nftables, stateful, one rule.
    case nftables = "nft"
    /// nftables, stateful, 1,000 rules one after the other.
    case nftablesChain = "nft-chain"
    /// nftables, stateful, the same 1,000 rules as elements of a set.
    case nftablesSets = "nft-sets"
    /// HAProxy in TCP mode: it terminates each connection, and makes another one to the service.
    case proxy = "haproxy"
    /// Sluice, one rule.
    case sluice
    /// Sluice, 1,000 rules.
    case sluiceThousand = "sluice-1k"
    /// Sluice, one rule, and groups with the same rule in both directions.
    case sluiceGroups = "sluice-nsg"
    /// Sluice, 1,000 rules, and groups with the same 1,000 in both directions.
    case sluiceThousandGroups = "sluice-1k-nsg"
    /// Sluice, one rule, 1,000,000 TCP sessions, which are reset when they are idle.
    case sluiceMillion = "sluice-1m"
    /// The same with 10,000,000 UDP sessions.
    case sluiceTenMillion = "sluice-10m"
    /// Sluice, two instances, with a capacity of a million sessions each.
    case sluiceDrain = "sluice-drain"
    /// Sluice, two instances that take over each other's sessions.
    case sluicePreserve = "sluice-keep"
    /// Sluice with its defaults, with fleets of several sizes.
    case sluiceFleetTwo = "fleet-2"
    case sluiceFleetTen = "fleet-10"
    case sluiceFleetFifty = "fleet-50"
    /// Sluice, with a million long-lived UDP sessions, and the HTTP API.
    case sluiceAPI = "sluice-api"

    /// The title in tables.
    var title: String {
        switch self {
        case .door: "sender alone (dropped on arrival)"
        case .plain: "plain ip_forward, no firewall"
        case .nftables: "nftables stateful, 1 rule"
        case .nftablesChain: "nftables stateful, 1,000 rules as a chain"
        case .nftablesSets: "nftables stateful, 1,000 rules as a set"
        case .proxy: "HAProxy, TCP mode"
        case .sluice: "sluice, 1 rule"
        case .sluiceThousand: "sluice, 1,000 rules"
        case .sluiceGroups: "sluice, 1 rule, groups both ways"
        case .sluiceThousandGroups: "sluice, 1,000 rules, groups both ways"
        case .sluiceMillion: "sluice, 1,000,000 sessions"
        case .sluiceTenMillion: "sluice, 10,000,000 sessions"
        case .sluiceDrain: "sluice, two instances that drain"
        case .sluicePreserve: "sluice, two instances, continuity: preserve"
        case .sluiceFleetTwo: "sluice, 2 instances"
        case .sluiceFleetTen: "sluice, 10 instances"
        case .sluiceFleetFifty: "sluice, 50 instances"
        case .sluiceAPI: "sluice, 1,000,000 sessions, HTTP API"
        }
    }

    /// The rules for nftables; nil if the contender does not use nftables.
    var nftablesRules: String? {
        switch self {
        case .nftables: NftablesRules.one
        case .nftablesChain: NftablesRules.thousandAsChain
        case .nftablesSets: NftablesRules.thousandAsSet
        default: nil
        }
    }

    var usesConntrack: Bool { nftablesRules != nil }

    var isSluice: Bool { sluiceSettings != nil }

    /// The settings for Sluice; nil if the contender is not Sluice.
    var sluiceSettings: SluiceSettings? {
        switch self {
        case .sluice: SluiceSettings(rules: [BenchRule.matching], capacitySessions: Conntrack.mostSessions)
        case .sluiceThousand: SluiceSettings(rules: BenchRule.thousand, capacitySessions: Conntrack.mostSessions)
        case .sluiceGroups:
            SluiceSettings(rules: [BenchRule.matching], capacitySessions: Conntrack.mostSessions, hasGroups: true)
        case .sluiceThousandGroups:
            SluiceSettings(rules: BenchRule.thousand, capacitySessions: Conntrack.mostSessions, hasGroups: true)
        case .sluiceMillion: SluiceSettings(rules: [BenchRule.matching], capacitySessions: 1 << 20, idleSeconds: 45)
        case .sluiceTenMillion:
            SluiceSettings(rules: [BenchRule.matching], capacitySessions: 10_485_760, idleSeconds: 150)
        case .sluiceDrain: SluiceSettings(rules: [BenchRule.matching], capacitySessions: 1 << 22)
        case .sluicePreserve:
            SluiceSettings(rules: [BenchRule.matching], capacitySessions: 1 << 21, preservesSessions: true)
        case .sluiceFleetTwo: Self.idle(instances: 2)
        case .sluiceFleetTen: Self.idle(instances: 10)
        case .sluiceFleetFifty: Self.idle(instances: 50)
        case .sluiceAPI:
            SluiceSettings(rules: [BenchRule.matching], capacitySessions: 1 << 20, streams: APIRow.streams)
        case .door, .plain, .nftables, .nftablesChain, .nftablesSets, .proxy: nil
        }
    }

    /// With the default capacity.
    private static func idle(instances: Int) -> SluiceSettings {
        SluiceSettings(rules: [BenchRule.matching], capacitySessions: 262_144, instances: instances)
    }
}
