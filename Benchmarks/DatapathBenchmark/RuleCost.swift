import FlowCore
import FlowLayout
import FlowModel
import Kernel
import Policy

/// The cost of rules for a new session: the firewall's own rules alone, and with groups in both directions, with one
/// rule or 1,000 each (NSG-6).
enum RuleCost {
    static func run() throws {
        let one = try measure(ruleCount: 1, hasGroups: false)
        let thousand = try measure(ruleCount: 1000, hasGroups: false)
        let oneInGroups = try measure(ruleCount: 1, hasGroups: true)
        let thousandInGroups = try measure(ruleCount: 1000, hasGroups: true)
        func line(_ name: String, _ one: UInt32, _ thousand: UInt32) {
            let percent = Int((Double(thousand) / Double(one) * 100).rounded())
            print("a new session, \(name): 1 rule \(one) ns, 1,000 rules \(thousand) ns (\(percent) %)")
        }
        line("own rules", one, thousand)
        line("own rules and groups in both directions", oneInGroups, thousandInGroups)
    }

    /// The median time to evaluate a new session whose rule is the last of each list.
    private static func measure(ruleCount: Int, hasGroups: Bool) throws -> UInt32 {
        let datapath = try Datapath.load(
            gateway: "benchmark", capacitySessions: 65536, pinned: false, programs: ProgramName.all)
        var configuration = try Configuration.parse(
            "{ gateway: benchmark, zones: [{ name: inside, interfaces: [eth1] }, { name: outside, interfaces: [eth0] }] }",
            file: "benchmark.yaml")
        configuration.rules = (1...ruleCount).map { rule($0, of: ruleCount) }
        if hasGroups {
            let written = configuration.rules
            configuration.groups = [
                NetworkSecurityGroup(
                    name: "both",
                    rules: RuleDirection.allCases.flatMap { direction in
                        written.map { rule in
                            SecurityRule(
                                name: "\(rule.name) \(direction)", priority: rule.priority, direction: direction,
                                access: .allow, source: selection(rule.source),
                                destination: selection(rule.destination), destinationPorts: rule.destinationPorts)
                        }
                    })
            ]
            for index in configuration.zones.indices { configuration.zones[index].networkSecurityGroup = "both" }
        }
        var identities = RuleIdentities()
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
            .write(to: datapath.policyMemory(0))
        var context = PacketContext()
        context.control0 = 1 | 1 << 8 | 2 << 16 | 1 << 24
        context.control1 = 1000
        // The frames are created beforehand, so that their creation does not affect the caches. Their number fits into
        // the event ring, which nobody reads.
        let frames = (1024..<UInt16(11024)).map { port in
            var frame = FrameBuilder()
            frame.sourcePort = port
            return frame.udp()
        }
        var samples: [UInt32] = []
        for frame in frames {
            let run = try datapath.runProgram(named: ProgramName.judgeTest, packet: frame, context: context)
            guard Verdict(rawValue: run.returnValue) == .forward else { throw Failure.verdict(run.returnValue) }
            samples.append(run.nanoseconds)
        }
        samples.sort()
        return samples[samples.count / 2]
    }

    /// All rules but the last have four prefixes on each side and a port that no packet has. The last one allows
    /// everything.
    private static func rule(_ number: Int, of count: Int) -> FirewallRule {
        guard number < count else { return FirewallRule(name: "last", priority: count + 100, access: .allow) }
        func prefixes(_ network: UInt128) -> AddressMatch {
            .prefixes(
                (0..<4).map { part in
                    let value = network << 24 | UInt128(number * 4 + part) << 8
                    return AddressPrefix(NetworkAddress(family: .ipv4, value: value), length: 24)
                })
        }
        let port = UInt16(10000 + number)
        return FirewallRule(
            name: "rule \(number)", priority: number + 100, access: .allow, source: prefixes(11),
            destination: prefixes(12), destinationPorts: .ranges([PortRange(port...port)]))
    }

    private static func selection(_ match: AddressMatch) -> AddressSelection {
        switch match {
        case .any: .any
        case .prefixes(let prefixes): AddressSelection(prefixes: prefixes)
        }
    }

    private enum Failure: Error { case verdict(UInt32) }
}
