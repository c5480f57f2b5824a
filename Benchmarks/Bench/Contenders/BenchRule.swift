/// A rule in terms common to all contenders: allow TCP from a prefix to a prefix and ports.
struct BenchRule {
    let source: String
    let destination: String
    let ports: ClosedRange<Int>
    /// The IPv6 prefixes of the rule, if it has any.
    var sixes: (source: String, destination: String)?

    /// The rule that allows the benchmark's sessions.
    static let matching = BenchRule(
        source: "10.0.0.0/8", destination: "203.0.113.0/24", ports: 5201...8080,
        sixes: (source: "fd00:1::/64", destination: "2001:db8:3::/64"))

    /// 999 rules that do not match, followed by the matching one: the worst case for a list. Each has a different
    /// combination of destination and ports.
    static let thousand: [BenchRule] =
        (0..<999).map {
            BenchRule(
                source: "10.0.0.0/8", destination: "198.18.\($0 / 250).\($0 % 250 + 1)/32",
                ports: 10_000 + $0...10_000 + $0)
        } + [matching]
}
