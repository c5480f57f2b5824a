import FlowCore
import FlowLayout
import Glibc
import Testing

@testable import Policy

@Suite("Classifier")
struct ClassifierTests {
    @Test("NSG-7 the compiled image answers like the rules: 300,000 random questions at the rules' boundaries")
    func agreesWithLinearEvaluator() throws {
        let seed = SeededGenerator.seedOfThisRun("agreesWithLinearEvaluator")
        var random = RandomPolicies(seed: seed)
        var allowed = 0
        var denied = 0
        var unmatched = 0
        for policy in 0..<150 {
            let configuration = random.configuration()
            let subject = RandomPolicies.Subject(configuration)
            let compiled = try CompiledPolicy(configuration)
            let linear = LinearEvaluator(
                configuration: configuration, identities: compiled.identities, treatments: compiled.treatments)
            let questions = configuration.rules.count > 200 ? 300 : 2100
            for _ in 0..<questions {
                let question = random.question(for: subject)
                let answer = compiled.image.classify(question)
                let expected = linear.classify(question)
                guard answer.text == expected.text else {
                    Issue.record("seed \(seed) policy \(policy):\n\(answer.text), expected\n\(expected.text)")
                    return
                }
                if answer.allowed == 1 { allowed += 1 } else if answer.rule != 0 { denied += 1 } else { unmatched += 1 }
            }
        }
        // The questions are meaningful: no outcome is rare.
        #expect(allowed > 30_000 && denied > 20_000 && unmatched > 30_000, "\(allowed), \(denied), \(unmatched)")
    }

    @Test("NSG-6 1,000 rules with 4,000 prefixes and 4,000 port ranges a side fit, and the last of them matches")
    func largestPolicy() throws {
        var configuration = Configuration.forTests()
        configuration.internalPrefixes = (0..<UInt128(1000)).map { index in
            AddressPrefix(NetworkAddress(family: .ipv4, value: 0xC000_0000 | index << 9), length: 24)
        }
        func prefixes(_ rule: Int, _ base: UInt128) -> AddressMatch {
            .prefixes(
                (0..<4).map { part in
                    let number = UInt128(rule * 4 + part)
                    return part < 2
                        ? AddressPrefix(NetworkAddress(family: .ipv4, value: base << 24 | number << 8), length: 25)
                        : AddressPrefix(
                            NetworkAddress(family: .ipv6, value: 0x2001 << 112 | base << 64 | number << 8), length: 124)
                })
        }
        func ports(_ rule: Int) -> PortMatch {
            .ranges((0..<4).map { part in PortRange(UInt16(rule * 16 + part * 4)...UInt16(rule * 16 + part * 4 + 1)) })
        }
        configuration.rules = (0..<1000).map { index in
            FirewallRule(
                name: "rule \(index)", priority: index + 1, access: .allow, source: prefixes(index, 10),
                destination: prefixes(index, 11), sourcePorts: ports(index), destinationPorts: ports(index))
        }
        configuration.hostRules = (0..<24).map { index in
            FirewallRule(name: "host \(index)", priority: index + 1, access: .allow, source: prefixes(index, 12))
        }
        let compiled = try CompiledPolicy(configuration)
        let linear = LinearEvaluator(
            configuration: configuration, identities: compiled.identities, treatments: compiled.treatments)
        for index in [0, 1, 63, 64, 500, 998, 999] {
            for (part, off) in [(0, 0), (1, 127), (1, 128), (2, 0), (3, 15), (3, 16)] {
                guard case .prefixes(let sources) = configuration.rules[index].source,
                    case .prefixes(let destinations) = configuration.rules[index].destination
                else { continue }
                var question = sluice_classification()
                question.protocol = 6
                question.family = sources[part].family.rawValue
                question.source = sources[part].first.layout
                question.destination = destinations[part].first.layout
                question.destination.low += UInt64(off)
                question.sourcePort = UInt16(index * 16 + 13)
                question.destinationPort = UInt16(index * 16 + 5)
                let answer = compiled.image.classify(question)
                #expect(answer.text == linear.classify(question).text)
                #expect(answer.ruleIndex == (off == 128 || off == 16 ? 0xFFFF : UInt16(index)))
            }
        }
    }

    @Test("BAD-5 an image of zeros denies everything")
    func zeros() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(SLUICE_POLICY_BYTES), alignment: 8)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        for forHost: UInt8 in [0, 1] {
            let answer = PolicyImage.classify(question(forHost: forHost), image: UnsafeRawPointer(memory.baseAddress))
            #expect(answer.allowed == 0)
            #expect(answer.rule == 0)
            #expect(answer.ruleIndex == 0xFFFF)
            #expect(TreatmentIndex.isByClass(answer.treatment))
        }
    }

    @Test("BAD-1 an image of random bytes is read without an access outside it")
    func noise() throws {
        let seed = SeededGenerator.seedOfThisRun("noise")
        var generator = SeededGenerator(seed: seed)
        // The image lies between two inaccessible pages: a read outside it ends the test.
        let page = 4096
        let size = Int(SLUICE_POLICY_BYTES)
        let mapped = mmap(nil, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let start = try #require(mapped == MAP_FAILED ? nil : mapped)
        defer { munmap(start, size + 2 * page) }
        try #require(mprotect(start + page, size, PROT_READ | PROT_WRITE) == 0)
        let memory = UnsafeMutableRawBufferPointer(start: start + page, count: size)
        let words = memory.bindMemory(to: UInt64.self)
        for index in words.indices { words[index] = generator.next() }
        var random = RandomPolicies(seed: seed)
        let subject = RandomPolicies.Subject(.forTests())
        for _ in 0..<20_000 {
            let question = random.question(for: subject)
            let answer = PolicyImage.classify(question, image: UnsafeRawPointer(memory.baseAddress))
            #expect(answer.allowed <= 1)
        }
    }

    @Test("NSG-8 an image replaces a larger one in the same memory completely")
    func replaces() throws {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(SLUICE_POLICY_BYTES), alignment: 8)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xFF)
        var random = RandomPolicies(seed: SeededGenerator.seedOfThisRun("replaces"))
        for _ in 0..<12 {
            let configuration = random.configuration()
            let subject = RandomPolicies.Subject(configuration)
            let compiled = try CompiledPolicy(configuration)
            compiled.image.write(to: memory)
            for _ in 0..<200 {
                let question = random.question(for: subject)
                let answer = PolicyImage.classify(question, image: UnsafeRawPointer(memory.baseAddress))
                #expect(answer.text == compiled.image.classify(question).text)
            }
        }
    }

    @Test("NSG-1 the first match by priority decides; without a match the packet is denied, and the rule is none")
    func firstMatch() throws {
        var configuration = Configuration.forTests()
        let office = try AddressMatch.prefixes([AddressPrefix(parsing: "10.1.0.0/16")])
        let one = try AddressMatch.prefixes([AddressPrefix(parsing: "10.1.2.3")])
        configuration.rules = [
            FirewallRule(name: "not him", priority: 100, access: .deny, source: one),
            FirewallRule(
                name: "web", priority: 200, access: .allow, ipProtocol: .tcp, source: office,
                destinationPorts: .ranges([PortRange(443...443)])),
        ]
        let image = try CompiledPolicy(configuration).image
        let allowed = image.classify(question("10.1.2.4", port: 443))
        #expect(allowed.allowed == 1 && allowed.rule == 2 && allowed.ruleIndex == 1)
        let denied = image.classify(question("10.1.2.3", port: 443))
        #expect(denied.allowed == 0 && denied.rule == 1 && denied.ruleIndex == 0)
        let unmatched = image.classify(question("10.1.2.4", port: 444))
        #expect(unmatched.allowed == 0 && unmatched.rule == 0 && unmatched.ruleIndex == 0xFFFF)
        #expect(image.classify(question("10.1.2.4", port: 443, forHost: 1)).allowed == 0)
    }

    @Test("NSG-1 ports with the protocol * mean TCP and UDP; Icmp means ICMPv6 too")
    func protocols() throws {
        var configuration = Configuration.forTests()
        configuration.rules = [
            FirewallRule(name: "zero", priority: 1, access: .allow, destinationPorts: .ranges([PortRange(0...9)])),
            FirewallRule(name: "ping", priority: 2, access: .allow, ipProtocol: .icmp),
        ]
        let image = try CompiledPolicy(configuration).image
        func allows(_ number: UInt8) -> UInt16 { image.classify(question(port: 0, ipProtocol: number)).rule }
        #expect([6, 17, 1, 58, 47, 132, 0].map(allows) == [1, 1, 2, 2, 0, 0, 0])
    }

    @Test(
        "IDLE-5 a rule's treatment fits the session: values that the rule does not set come from the class, and only TCP is reset or probed"
    )
    func treatments() throws {
        var configuration = Configuration.forTests()
        configuration.timeScale = 60
        let hour: UInt64 = 3_600_000_000_000
        configuration.rules = [
            FirewallRule(
                name: "long", priority: 1, access: .allow, destinationPorts: .ranges([PortRange(1...1)]),
                idleTimeoutNanoseconds: 2 * hour),
            FirewallRule(
                name: "probed", priority: 2, access: .allow, destinationPorts: .ranges([PortRange(2...2)]),
                onIdle: .probe),
            FirewallRule(name: "plain", priority: 3, access: .allow),
        ]
        let compiled = try CompiledPolicy(configuration)
        func treatment(_ port: UInt16, _ destination: String, _ ipProtocol: UInt8 = 6) -> Treatment? {
            let answer = compiled.image.classify(
                question("10.1.1.1", destination, port: port, ipProtocol: ipProtocol))
            return TreatmentIndex.isByClass(answer.treatment) ? nil : compiled.treatments[answer.treatment]
        }
        func seconds(_ count: UInt64, _ onIdle: OnIdle) -> Treatment {
            Treatment(timeoutNanoseconds: count * 1_000_000_000, onIdle: onIdle)
        }
        #expect(treatment(1, "8.8.8.8") == seconds(120, .reset))
        #expect(treatment(1, "10.2.2.2") == seconds(120, .silent))
        #expect(treatment(1, "8.8.8.8", 17) == seconds(120, .silent))
        #expect(treatment(2, "8.8.8.8") == seconds(4, .probe))
        #expect(treatment(2, "10.2.2.2") == seconds(5, .probe))
        #expect(treatment(2, "8.8.8.8", 17) == nil)
        #expect(treatment(3, "8.8.8.8") == nil)
    }

    private func question(
        _ source: String = "10.0.0.1", _ destination: String = "10.0.0.2", port: UInt16 = 80, ipProtocol: UInt8 = 6,
        forHost: UInt8 = 0
    ) -> sluice_classification {
        var question = sluice_classification()
        question.family = 4
        question.source = NetworkAddress(source)?.layout ?? sluice_address()
        question.destination = NetworkAddress(destination)?.layout ?? sluice_address()
        question.sourcePort = 40000
        question.destinationPort = port
        question.protocol = ipProtocol
        question.forHost = forHost
        return question
    }
}
