import FlowCore
import FlowLayout
import Foundation

@testable import Policy

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// The seed of this run: SLUICE_SEED, or a new one each time. It is printed, so that a failure can be reproduced.
    static func seedOfThisRun(_ test: String) -> UInt64 {
        let seed =
            ProcessInfo.processInfo.environment["SLUICE_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64.max)
        print("\(test): SLUICE_SEED=\(seed)")
        return seed
    }
}

/// Policies, and questions at the boundaries of their rules.
struct RandomPolicies {
    var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }
    private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    // MARK: - Policies

    /// A few rules that overlap a lot, or sometimes very many.
    mutating func configuration() -> Configuration {
        let ruleCount = chance(4) ? 1000 : chance(20) ? below(200) : below(12)
        let hostRuleCount = chance(50) ? below(25) : 0
        // Few values, so that prefixes nest and touch.
        let places = (0..<(2 + below(8))).map { _ in randomAddress() }
        let prefixLimit = ruleCount > 200 ? 4 : 6
        var configuration = Configuration.forTests()
        configuration.timeScale = chance(30) ? 60 : 1
        configuration.internalPrefixes = chance(50) ? Configuration.defaultInternalPrefixes : prefixes(near: places, 8)
        configuration.rules = (0..<ruleCount).map { index in
            rule("r\(index)", 10 + 3 * index, places, prefixLimit, isHostRule: false)
        }
        configuration.hostRules = (0..<hostRuleCount).map { index in
            rule("h\(index)", 1 + index, places, prefixLimit, isHostRule: true)
        }
        addGroups(to: &configuration, places)
        return configuration
    }

    /// Zones. Some have groups, and some share one.
    private mutating func addGroups(to configuration: inout Configuration, _ places: [NetworkAddress]) {
        var book = AddressBook(internalPrefixes: configuration.internalPrefixes)
        book.add(tag: "Tag.One", prefixes(near: places, 6))
        book.add(applicationSecurityGroup: "asg", chance(80) ? prefixes(near: places, 4) : [])
        configuration.addressBook = book
        configuration.zones = (1...4).map { Zone(name: "z\($0)", interfaces: ["eth\($0)"]) }
        guard chance(80) else { return }
        let names = ["g1", "g2"]
        configuration.groups = names.map { name in
            let count = chance(4) ? 1000 : chance(20) ? below(150) : below(8)
            let rules = (0..<count).map { index in
                let plain = rule("r\(index)", 100 + index, places, count > 200 ? 4 : 6, isHostRule: false)
                return SecurityRule(
                    name: plain.name, priority: plain.priority, direction: chance(50) ? .inbound : .outbound,
                    access: chance(75) ? .allow : .deny, ipProtocol: plain.ipProtocol, source: selection(plain.source),
                    sourcePorts: plain.sourcePorts, destination: selection(plain.destination),
                    destinationPorts: plain.destinationPorts)
            }
            return NetworkSecurityGroup(name: name, flushConnection: chance(50), rules: rules)
        }
        for index in configuration.zones.indices where chance(60) {
            configuration.zones[index].networkSecurityGroup = names[below(2)]
        }
    }

    private mutating func selection(_ match: AddressMatch) -> AddressSelection {
        switch below(10) {
        case 0: .tag(AddressBook.virtualNetwork)
        case 1: .tag(AddressBook.internet)
        case 2: .tag("Tag.One")
        case 3: AddressSelection(applicationSecurityGroups: ["asg"])
        default: match == .any ? .any : AddressSelection(prefixes: match.prefixes)
        }
    }

    private mutating func rule(
        _ name: String, _ priority: Int, _ places: [NetworkAddress], _ prefixLimit: Int, isHostRule: Bool
    ) -> FirewallRule {
        var rule = FirewallRule(
            name: name, priority: priority, access: chance(60) ? .allow : .deny,
            ipProtocol: RuleProtocol.allCases.randomElement(using: &generator) ?? .any)
        if chance(75) { rule.source = .prefixes(prefixes(near: places, prefixLimit)) }
        if !isHostRule, chance(75) { rule.destination = .prefixes(prefixes(near: places, prefixLimit)) }
        if rule.ipProtocol.hasPorts {
            if chance(15) { rule.sourcePorts = .ranges(portRanges()) }
            if chance(60) { rule.destinationPorts = .ranges(portRanges()) }
        }
        if !isHostRule, rule.access == .allow {
            if chance(20) { rule.idleTimeoutNanoseconds = UInt64(1 + below(40)) * 30_000_000_000 }
            if chance(20) { rule.onIdle = OnIdle.allCases.randomElement(using: &generator) }
        }
        return rule
    }

    private mutating func randomAddress() -> NetworkAddress {
        let family: AddressFamily = chance(60) ? .ipv4 : .ipv6
        let edges: [UInt128] = [0, family.maximum, family.maximum >> 1, (family.maximum >> 1) + 1]
        if chance(15), let edge = edges.randomElement(using: &generator) {
            return NetworkAddress(family: family, value: edge)
        }
        var value = UInt128(generator.next()) << 64 | UInt128(generator.next())
        if family == .ipv6, chance(40) { value &= UInt128(UInt64.max) << 64 }
        return NetworkAddress(family: family, value: value & family.maximum)
    }

    private mutating func prefixes(near places: [NetworkAddress], _ limit: Int) -> [AddressPrefix] {
        (0..<(1 + below(limit))).map { _ in
            let place = places[below(places.count)]
            let flip = UInt128(1) << UInt128(below(place.family.bits))
            let address = NetworkAddress(family: place.family, value: chance(50) ? place.value : place.value ^ flip)
            let length =
                chance(20) ? [0, 1, place.family.bits - 1, place.family.bits][below(4)] : below(place.family.bits + 1)
            return AddressPrefix(address, length: length)
        }
    }

    private mutating func portRanges() -> [PortRange] {
        (0..<(1 + below(3))).map { _ in
            let lower = port()
            return chance(40) ? PortRange(lower...lower) : PortRange(lower...max(lower, port()))
        }
    }

    private mutating func port() -> UInt16 {
        chance(20) ? [0, 1, 65534, 65535][below(4)] : UInt16(below(chance(60) ? 24 : 65536))
    }

    // MARK: - Questions

    /// The rules that questions are about. Computed once for a configuration, because the effective rules of large
    /// groups take time.
    struct Subject {
        let configuration: Configuration
        let groupRules: [[FirewallRule]]

        init(_ configuration: Configuration) {
            self.configuration = configuration
            groupRules = configuration.groups.flatMap { group in
                RuleDirection.allCases.map { group.effectiveRules($0, in: configuration.addressBook) }
            }
        }
    }

    /// A packet whose values are mostly at, just below or just above a boundary of some rule.
    mutating func question(for subject: Subject) -> sluice_classification {
        let configuration = subject.configuration
        var question = sluice_classification()
        let forHost = chance(25)
        var rules = forHost && !configuration.hostRules.isEmpty ? configuration.hostRules : configuration.rules
        question.sourceZone = UInt8(below(5))
        question.destinationZone = UInt8(below(5))
        question.reevaluates = chance(10) ? 1 : 0
        if chance(50), let list = subject.groupRules.randomElement(using: &generator) { rules = list }
        let rule = rules.randomElement(using: &generator)
        let family: AddressFamily = rule?.family ?? (chance(50) ? .ipv4 : .ipv6)
        question.family = family.rawValue
        question.forHost = forHost ? 1 : 0
        question.source = address(family, near: rule?.source, configuration).layout
        question.destination = address(family, near: rule?.destination, configuration).layout
        question.protocol = rule?.protocolNumbers?.randomElement(using: &generator) ?? UInt8(below(256))
        if chance(20) { question.protocol = [0, 1, 6, 17, 50, 51, 58, 132, 255][below(9)] }
        question.sourcePort = port(near: rule?.sourcePorts)
        question.destinationPort = port(near: rule?.destinationPorts)
        // Old answers must not be visible.
        question.allowed = 1
        question.rule = 0xBEEF
        question.treatment = 0xBEEF
        question.ruleIndex = 0xBEEF
        question.groupRule = 0xBEEF
        question.stage = 7
        question.sourceIsInternal = 7
        question.destinationIsInternal = 7
        return question
    }

    private mutating func address(
        _ family: AddressFamily, near match: AddressMatch?, _ configuration: Configuration
    ) -> NetworkAddress {
        let named = chance(75) ? match?.prefixes ?? [] : configuration.internalPrefixes
        guard let prefix = named.filter({ $0.family == family }).randomElement(using: &generator), chance(92) else {
            let address = randomAddress()
            return NetworkAddress(family: family, value: address.value & family.maximum)
        }
        let value =
            switch below(5) {
            case 0: prefix.first.value
            case 1: prefix.last.value
            case 2: prefix.first.value &- 1
            case 3: prefix.last.value &+ 1
            default:
                prefix.first.value + (UInt128(generator.next()) << 64 | UInt128(generator.next()))
                    % (prefix.last.value - prefix.first.value | 1)
            }
        return NetworkAddress(family: family, value: value & family.maximum)
    }

    private mutating func port(near match: PortMatch?) -> UInt16 {
        guard let range = match?.ranges.randomElement(using: &generator), chance(90) else { return port() }
        return [range.lower, range.upper, range.lower &- 1, range.upper &+ 1][below(4)]
    }
}

extension FirewallRule {
    /// The family of its prefixes, if it has any.
    fileprivate var family: AddressFamily? { source.prefixes.first?.family ?? destination.prefixes.first?.family }
}

extension Configuration {
    /// The smallest legal image.
    static func forTests() -> Configuration {
        do {
            return try Configuration.parse(
                "zones: [{ name: a, interfaces: [eth0] }]", file: "test.yaml", hostName: "test")
        } catch {
            fatalError("\(error)")
        }
    }
}

/// A compiled configuration with its numbers.
struct CompiledPolicy {
    var image: PolicyImage
    var identities: RuleIdentities
    var treatments: TreatmentTable

    init(_ configuration: Configuration) throws {
        identities = RuleIdentities()
        treatments = TreatmentTable(timeouts: configuration.timeouts)
        image = try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
    }
}

extension sluice_classification {
    /// All questions and answers, for comparison and for messages.
    var text: String {
        let family = AddressFamily(rawValue: family) ?? .ipv4
        return """
            \(NetworkAddress(family: family, layout: source)):\(sourcePort) > \
            \(NetworkAddress(family: family, layout: destination)):\(destinationPort) protocol \(self.protocol) \
            forHost \(forHost) zones \(sourceZone) > \(destinationZone) again \(reevaluates): allowed \(allowed) rule \(rule) index \(ruleIndex) treatment \(treatment) \
            internal \(sourceIsInternal) \(destinationIsInternal) stage \(stage) group rule \(groupRule)
            """
    }
}
