/// Typical rulesets for a stateful firewall: established sessions first, then the rules, else drop.
enum NftablesRules {
    static let one = ruleset(accepting: statements(BenchRule.matching))

    static let thousandAsChain = ruleset(accepting: BenchRule.thousand.flatMap(statements))

    static let thousandAsSet = ruleset(
        sets: """
            set allowed {
                type ipv4_addr . ipv4_addr . inet_service
                flags interval
                elements = { \(BenchRule.thousand.map(element).joined(separator: ", ")) }
            }
            """,
        accepting: ["ip saddr . ip daddr . tcp dport @allowed ct state new accept"])

    /// The IPv6 statements come after the IPv4 statements, so that they do not slow IPv4 down.
    private static func statements(_ rule: BenchRule) -> [String] {
        let allowing = "tcp dport \(ports(rule)) ct state new accept"
        return ["ip saddr \(rule.source) ip daddr \(rule.destination) \(allowing)"]
            + (rule.sixes.map { ["ip6 saddr \($0.source) ip6 daddr \($0.destination) \(allowing)"] } ?? [])
    }

    private static func element(_ rule: BenchRule) -> String {
        "\(rule.source) . \(rule.destination) . \(ports(rule))"
    }

    private static func ports(_ rule: BenchRule) -> String {
        rule.ports.count == 1 ? "\(rule.ports.lowerBound)" : "\(rule.ports.lowerBound)-\(rule.ports.upperBound)"
    }

    private static func ruleset(sets: String = "", accepting: [String]) -> String {
        """
        table inet bench {
            \(sets)
            chain forward {
                type filter hook forward priority filter; policy drop;
                ct state established,related accept
                \(accepting.joined(separator: "\n        "))
            }
        }

        """
    }
}
