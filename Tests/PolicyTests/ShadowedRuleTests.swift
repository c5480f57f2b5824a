import FlowCore
import Testing

@testable import Policy

@Suite("Rules that can never match")
struct ShadowedRuleTests {
    private static func prefixes(_ texts: String...) throws -> AddressMatch {
        .prefixes(try texts.map { try AddressPrefix(parsing: $0) })
    }

    private static func ports(_ ranges: ClosedRange<UInt16>...) -> PortMatch { .ranges(ranges.map { PortRange($0) }) }

    /// Rules named `a`, `b`, ... in order; results as `c by a+b`.
    private func found(_ rules: FirewallRule...) -> [String] {
        var rules = rules
        for index in rules.indices where rules[index].name.isEmpty {
            rules[index].name = String(UnicodeScalar(UInt8(0x61 + index)))
        }
        return ShadowedRule.find(in: rules).map { "\($0.rule) by \($0.by.joined(separator: "+"))" }
    }

    private func rule(
        _ ipProtocol: RuleProtocol = .any, from source: AddressMatch = .any, to destination: AddressMatch = .any,
        sourcePorts: PortMatch = .any, ports: PortMatch = .any, name: String = ""
    ) -> FirewallRule {
        FirewallRule(
            name: name, priority: 1, access: .allow, ipProtocol: ipProtocol, source: source, destination: destination,
            sourcePorts: sourcePorts, destinationPorts: ports)
    }

    @Test("NSG-9 a rule that earlier rules cover only together is found, with the rules that are needed")
    func together() throws {
        let (low, high) = (Self.ports(0...443), Self.ports(444...65535))
        #expect(found(rule(.tcp, ports: low), rule(.tcp, ports: high), rule(.tcp)) == ["c by a+b"])
        #expect(
            found(rule(.tcp, sourcePorts: low), rule(.tcp, sourcePorts: high), rule(.tcp, ports: low)) == ["c by a+b"])
        let whole = try Self.prefixes("10.0.0.0/8")
        let (lower, upper) = (try Self.prefixes("10.0.0.0/9"), try Self.prefixes("10.128.0.0/9"))
        #expect(found(rule(from: lower), rule(from: upper), rule(.udp, from: whole)) == ["c by a+b"])
        #expect(found(rule(to: upper), rule(to: lower), rule(to: whole)) == ["c by a+b"])
        let (four, six) = (try Self.prefixes("0.0.0.0/0"), try Self.prefixes("::/0"))
        #expect(found(rule(from: four), rule(to: six), rule(.icmp)) == ["c by a+b"])
        // Four quarters, cut by two fields.
        #expect(
            found(
                rule(.tcp, from: lower, ports: low), rule(.tcp, from: upper, ports: low),
                rule(.tcp, from: lower, ports: high), rule(.tcp, from: upper, ports: high), rule(.tcp, from: whole))
                == ["e by a+b+c+d"])
        // Without c, which is not needed because of a, b and d; and without e, which does not overlap.
        #expect(
            found(
                rule(.tcp, ports: Self.ports(0...10)), rule(.tcp, ports: Self.ports(11...50)),
                rule(.tcp, sourcePorts: low, ports: Self.ports(40...60)), rule(.tcp, ports: Self.ports(30...100)),
                rule(.udp, ports: Self.ports(0...100)), rule(.tcp, ports: Self.ports(0...100))) == ["f by a+b+d"])
        // With ports, * is TCP and UDP.
        #expect(found(rule(.tcp), rule(.udp), rule(ports: low)) == ["c by a+b"])
    }

    @Test("NSG-9 a rule with a port, address or protocol that no earlier rule matches is not reported")
    func missing() throws {
        let (low, high) = (Self.ports(0...443), Self.ports(445...65535))
        #expect(found(rule(.tcp, ports: low), rule(.tcp, ports: high), rule(.tcp)).isEmpty)
        let (lower, upper) = (
            try Self.prefixes("10.0.0.0/9"),
            AddressMatch.prefixes(
                AddressPrefix.cover(.ipv4, 0x0A80_0000, 0x0AFF_FFFE))
        )
        #expect(found(rule(from: lower), rule(from: upper), rule(from: try Self.prefixes("10.0.0.0/8"))).isEmpty)
        let named: [RuleProtocol] = [.tcp, .udp, .icmp, .esp, .ah]
        let all = named.map { rule($0) }
        #expect(found(all[0], all[1], all[2], all[3], all[4], rule()).isEmpty)
        #expect(found(all[0], rule(ports: low)).isEmpty)
        let (four, six) = (try Self.prefixes("0.0.0.0/0"), try Self.prefixes("::/1"))
        #expect(found(rule(from: four), rule(from: six), rule()).isEmpty)
        // Three quarters of four.
        let ports = (Self.ports(0...100), Self.ports(101...65535))
        #expect(
            found(
                rule(.tcp, sourcePorts: ports.0, ports: ports.0), rule(.tcp, sourcePorts: ports.1, ports: ports.0),
                rule(.tcp, sourcePorts: ports.0, ports: ports.1), rule(.tcp)
            ).isEmpty)
    }

    @Test(
        "NSG-9 a rule without addresses, or with only IPv4 on one side and only IPv6 on the other, can match nothing; it covers nothing"
    )
    func nothing() throws {
        #expect(found(rule(from: .prefixes([])), rule()) == ["a by "])
        let (four, six) = (try Self.prefixes("10.0.0.0/8"), try Self.prefixes("2001:db8::/32"))
        #expect(found(rule(from: four, to: six), rule(to: six)) == ["a by "])
    }

    @Test("NSG-9 default rules can cover other rules, and are never reported themselves")
    func defaults() throws {
        let book = AddressBook(internalPrefixes: Configuration.defaultInternalPrefixes)
        let group = NetworkSecurityGroup(
            name: "g",
            rules: [
                SecurityRule(
                    name: "four", priority: 100, direction: .inbound, access: .deny,
                    source: .init(
                        prefixes: [try AddressPrefix(parsing: "0.0.0.0/0")])),
                SecurityRule(
                    name: "six", priority: 200, direction: .inbound, access: .deny,
                    source: .init(
                        prefixes: [try AddressPrefix(parsing: "::/0")])),
            ])
        let rules = group.effectiveRules(.inbound, in: book)
        #expect(rules.count == 5 && ShadowedRule.find(in: rules).isEmpty)
        // After the default rules AllowVnetInBound and AllowAzureLoadBalancerInBound a rule can still match; after
        // DenyAllInBound it can't.
        let untouched = NetworkSecurityGroup(name: "g").effectiveRules(.inbound, in: book)
        let inside = book.addresses(of: .tag(AddressBook.virtualNetwork))
        let late = rule(from: inside, to: inside, name: "late")
        #expect(
            ShadowedRule.find(in: untouched.dropLast() + [late])
                == [ShadowedRule(rule: "late", by: ["g/defaultSecurityRules/AllowVnetInBound"])])
        let outside = rule(
            .tcp, to: try Self.prefixes("0.0.0.0/0"), ports: Self.ports(25...25), name: "outside")
        let internet = rule(.tcp, to: book.addresses(of: .tag(AddressBook.internet)), name: "internet")
        let rest = rule(
            .tcp,
            to: .prefixes(AddressPrefix.complement(of: book.tag(AddressBook.internet)?.prefixes ?? [])), name: "rest")
        #expect(
            ShadowedRule.find(in: [internet, rest, outside])
                == [ShadowedRule(rule: "outside", by: ["internet", "rest"])])
    }

    @Test(
        "NSG-9 beyond the bounds of the search a rule is not reported; a rule that a single one covers is still found")
    func bounds() {
        /// Rules that each cover one cell of a cube of source ports, destination ports and destinations. Together they
        /// cover all of TCP over IPv4.
        func cells(_ side: Int) -> [FirewallRule] {
            func part(_ index: Int, of end: Int) -> (first: Int, last: Int) {
                (end * index / side, end * (index + 1) / side - 1)
            }
            func ports(_ index: Int) -> PortMatch {
                let part = part(index, of: 65536)
                return Self.ports(UInt16(part.first)...UInt16(part.last))
            }
            // In an order that leaves irregular pieces.
            return (0..<side * side * side).map { $0 * 389 % (side * side * side) }.map { cell in
                let part = part(cell / side / side, of: 1 << 32)
                return rule(
                    .tcp, to: .prefixes(AddressPrefix.cover(.ipv4, UInt128(part.first), UInt128(part.last))),
                    sourcePorts: ports(cell % side), ports: ports(cell / side % side), name: "cell \(cell)")
            }
        }
        let four = AddressMatch.prefixes(AddressPrefix.cover(.ipv4, 0, AddressFamily.ipv4.maximum))
        let whole = rule(.tcp, from: four, name: "whole")
        let few = ShadowedRule.find(in: cells(4) + [whole])
        #expect(few.map(\.rule) == ["whole"] && few.first?.by.count == 64)
        let wholes = (0..<3).map { rule(.tcp, from: four, name: "whole \($0)") }
        let many = ShadowedRule.find(in: cells(10) + wholes)
        #expect(many == [1, 2].map { ShadowedRule(rule: "whole \($0)", by: ["whole 0"]) })
        var cover = RuleCover((cells(6) + [whole]).map { RuleReach($0) }, searchLimit: 1000, listLimit: 5000)
        #expect(cover.find(of: 216) == nil)
        #expect((1000...2000).contains(cover.work), "\(cover.work)")
        for _ in 0..<10 { _ = cover.find(of: 216) }
        #expect((5000...6000).contains(cover.work), "\(cover.work)")
    }

    @Test(
        "NSG-9 the search finds what a test of every packet finds: 1,000 random lists of few ports, prefixes and protocols"
    )
    func everyPacket() throws {
        let seed = SeededGenerator.seedOfThisRun("ShadowedRuleTests.everyPacket")
        var lists = SmallLists(seed: seed)
        var counts: [Int: Int] = [:]
        for list in 0..<1000 {
            let rules = lists.list()
            let matches = rules.map { rule in
                Set(SmallLists.packets.indices.filter { SmallLists.packets[$0].meets(rule) })
            }
            let found = Dictionary(uniqueKeysWithValues: ShadowedRule.find(in: rules).map { ($0.rule, $0.by) })
            for (index, rule) in rules.enumerated() {
                let earlier = matches[..<index]
                let isShadowed = matches[index].subtracting(earlier.reduce([]) { $0.union($1) }).isEmpty
                let by = (found[rule.name] ?? []).compactMap { name in rules.firstIndex { $0.name == name } }
                func takes(_ indices: [Int]) -> Bool {
                    indices.reduce(matches[index]) { $0.subtracting(matches[$1]) }.isEmpty
                }
                let isRight =
                    isShadowed == (found[rule.name] != nil) && by.allSatisfy { $0 < index } && by == by.sorted()
                    && (!isShadowed || takes(by) && by.allSatisfy { one in !takes(by.filter { $0 != one }) })
                guard isRight else {
                    Issue.record("seed \(seed) list \(list) rule \(rule.name): by \(by) of\n\(rules)")
                    return
                }
                counts[isShadowed ? by.count : -1, default: 0] += 1
            }
        }
        // No outcome is rare.
        let several = counts.filter { $0.key > 1 }.values.reduce(0, +)
        #expect(several > 20 && counts[1, default: 0] > 500 && counts[-1, default: 0] > 1000, "\(counts)")
    }
}

/// Lists of rules that cut every field at few places, so that a packet of each kind can be tried.
private struct SmallLists {
    struct Packet {
        var ipProtocol: UInt8
        var sourcePort: UInt16
        var destinationPort: UInt16
        var source: NetworkAddress
        var destination: NetworkAddress

        func meets(_ rule: FirewallRule) -> Bool {
            rule.protocolNumbers?.contains(ipProtocol) ?? true && rule.sourcePorts.contains(sourcePort)
                && rule.destinationPorts.contains(destinationPort) && rule.source.contains(source)
                && rule.destination.contains(destination)
        }
    }

    /// One packet of each kind; the lists make no finer distinctions.
    static let packets: [Packet] = {
        var packets: [Packet] = []
        for ipProtocol: UInt8 in [1, 6, 17, 47] {
            for (sourcePort, destinationPort) in [0, 100].flatMap({ (one: UInt16) in
                ([0, 1, 65535] as [UInt16]).map { (one, $0) }
            }) {
                for family in AddressFamily.allCases {
                    let count: UInt128 = family == .ipv4 ? 4 : 2
                    let addresses = (0..<count).map {
                        NetworkAddress(family: family, value: family.maximum / count * $0 + count)
                    }
                    packets += addresses.flatMap { source in
                        addresses.map { destination in
                            Packet(
                                ipProtocol: ipProtocol, sourcePort: sourcePort, destinationPort: destinationPort,
                                source: source, destination: destination)
                        }
                    }
                }
            }
        }
        return packets
    }()

    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func list() -> [FirewallRule] {
        (0..<Int.random(in: 2...9, using: &generator)).map { index in
            var rule = FirewallRule(name: "r\(index)", priority: index + 1, access: .allow)
            rule.ipProtocol = one(of: [.any, .any, .tcp, .tcp, .udp, .icmp])
            if rule.ipProtocol.hasPorts {
                rule.sourcePorts = one(of: [.any, .any, ports([0...99]), ports([100...65535])])
                rule.destinationPorts = one(of: [
                    .any, ports([0...0]), ports([0...1]), ports([1...65535]), ports([0...0, 2...65535]),
                    ports([1...1]),
                ])
            }
            rule.source = addresses()
            rule.destination = addresses()
            return rule
        }
    }

    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    private func ports(_ ranges: [ClosedRange<UInt16>]) -> PortMatch { .ranges(ranges.map { PortRange($0) }) }

    private mutating func addresses() -> AddressMatch {
        if Int.random(in: 0..<3, using: &generator) > 0 { return .any }
        return .prefixes(
            (0..<one(of: [0, 1, 1, 2, 2, 2, 3, 3, 3, 4])).map { _ in
                let family: AddressFamily = one(of: [.ipv4, .ipv4, .ipv6])
                let value = UInt128.random(in: 0...family.maximum, using: &generator)
                let length = Int.random(in: 0...(family == .ipv4 ? 2 : 1), using: &generator)
                return AddressPrefix(NetworkAddress(family: family, value: value), length: length)
            })
    }
}
