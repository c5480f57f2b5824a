/// A rule in the words that all contenders understand: allow TCP from a prefix to a prefix and ports.
struct BenchRule {
    let source: String
    let destination: String
    let ports: ClosedRange<Int>
    /// The same for IPv6, if the rule is about it too.
    var sixes: (source: String, destination: String)?

    /// The one that allows the benchmark's sessions.
    static let matching = BenchRule(
        source: "10.0.0.0/8", destination: "203.0.113.0/24", ports: 5201...8080,
        sixes: (source: "fd00:1::/64", destination: "2001:db8:3::/64"))

    /// 999 rules that allow other things, and then the one that matters: the worst that can happen to a list. No two are alike
    /// in destination and port.
    static let thousand: [BenchRule] =
        (0..<999).map {
            BenchRule(
                source: "10.0.0.0/8", destination: "198.18.\($0 / 250).\($0 % 250 + 1)/32",
                ports: 10_000 + $0...10_000 + $0)
        } + [matching]
}
