import FlowCore
import FlowLayout
import Testing

@testable import Policy

/// Groups of the maximum size, and files larger than any real one.
@Suite("Network security groups: limits")
struct GroupLimitTests {
    /// The text of a group of 1,000 rules, with 4 prefixes on each side of each: 4,000 on each side.
    private static func largestGroup(description: String = "") -> String {
        let rules = (0..<1000).map { index in
            func prefixes(_ network: Int) -> String {
                (0..<4).map { part in
                    let number = index * 4 + part
                    return "\"\(network).\(number >> 8).\(number & 255).0/24\""
                }.joined(separator: ",")
            }
            return GroupTexts.rule(
                "rule-\(index)",
                [
                    "priority": "\(100 + index)", "access": index % 2 == 0 ? "\"Allow\"" : "\"Deny\"",
                    "sourceAddressPrefix": "", "sourceAddressPrefixes": "[\(prefixes(11))]",
                    "destinationAddressPrefix": "", "destinationAddressPrefixes": "[\(prefixes(12))]",
                    "destinationPortRange": "\"\(1000 + index)\"", "description": "\"\(description)\"",
                ])
        }
        return GroupTexts.group(rules.joined(separator: ",\n"))
    }

    @Test(
        "NSG-6 the largest group is read and compiled, and its last rule decides; the same with several of them in one policy"
    )
    func largest() throws {
        let group = try #require(try GroupTexts.groups(Self.largestGroup()).first)
        #expect(group.rules.count == 1000)
        var configuration = Configuration.forTests()
        configuration.groups = (0..<3).map { NetworkSecurityGroup(name: "g\($0)", rules: group.rules) }
        configuration.zones = (0..<3).map {
            Zone(name: "z\($0)", interfaces: ["eth\($0)"], networkSecurityGroup: "g\($0)")
        }
        configuration.rules = [FirewallRule(name: "all", priority: 1, access: .allow)]
        let compiled = try CompiledPolicy(configuration)
        for (index, allowed) in [(0, true), (1, false), (998, true), (999, false)] {
            var question = sluice_classification()
            question.family = 4
            question.protocol = 6
            question.destinationZone = 2
            let last = index * 4 + 3
            question.source = try #require(NetworkAddress("11.\(last >> 8).\(last & 255).255")).layout
            question.destination = try #require(NetworkAddress("12.\(last >> 8).\(last & 255).0")).layout
            question.destinationPort = UInt16(1000 + index)
            let answer = compiled.image.classify(question)
            #expect(compiled.identities.name(of: answer.groupRule) == "g1/rule-\(index)")
            #expect((answer.allowed == 1) == allowed)
            question.source.low += 1
            #expect(
                compiled.identities.name(of: compiled.image.classify(question).groupRule)
                    == "g1/defaultSecurityRules/DenyAllInBound")
        }
        #expect(ShadowedRule.find(in: group.effectiveRules(.inbound, in: configuration.addressBook)).isEmpty)
    }

    @Test("NSG-9 a file of 50 MB: read if it is valid, otherwise a few messages and not a flood of them")
    func fifty() throws {
        let filler = String(repeating: "x", count: 50_000)
        let text = Self.largestGroup(description: filler)
        #expect(text.utf8.count > 50_000_000)
        #expect(try GroupTexts.groups(text).first?.rules.count == 1000)
        let broken = String(Self.largestGroup().dropLast(3))
        #expect(
            GroupTexts.mistakes(broken)
                == "nsg.json:1002: is not JSON: it needs a comma or ] here, but has the end of the file")
        let many = "[" + String(repeating: "1,", count: GroupLimits.fileValues) + "1]"
        #expect(GroupTexts.mistakes(many) == "nsg.json:1: is not JSON: it holds more than 4000000 values: split it")
        let nonsense = "[" + Array(repeating: "1", count: 3000).joined(separator: ",\n") + "]"
        let mistakes = GroupTexts.mistakes(nonsense).split(separator: "\n")
        #expect(mistakes.count == 101 && mistakes.last == "nsg.json:101: has more mistakes from here on")
        let larger = [UInt8](repeating: 0x20, count: GroupLimits.fileBytes + 1)
        do throws(ConfigurationErrors) {
            _ = try GroupFile.groups(larger, file: "nsg.json", book: GroupTexts.book)
            Issue.record("read")
        } catch {
            #expect(error.description == "nsg.json: is larger than 64 MiB: split it")
        }
    }
}
