import FlowCore
import FlowLayout
import Testing

@testable import Policy

@Suite("Network security groups: policy")
struct GroupPolicyTests {
    private static let rules = """
        zones:
          - { name: a, interfaces: [eth1], networkSecurityGroup: ga }
          - { name: b, interfaces: [eth2], networkSecurityGroup: gb }
          - { name: c, interfaces: [eth3] }
        applicationSecurityGroups: { AsgWeb: [10.0.0.4], AsgLogic: [10.0.0.5], AsgDb: [10.0.0.6] }
        networkSecurityGroups:
          - { name: ga, rules: [ { name: no-ssh, priority: 100, direction: Outbound, access: Deny, protocol: Tcp,
              source: "*", destination: "*", destinationPorts: 22 } ] }
          - name: gb
            flushConnection: true
            rules:
              - { name: Allow-HTTP-Inbound-Internet, priority: 100, direction: Inbound, access: Allow, protocol: Tcp,
                  source: Internet, destinationApplicationSecurityGroups: AsgWeb, destinationPorts: 80 }
              - { name: Allow-Database-BusinessLogic, priority: 110, direction: Inbound, access: Allow, protocol: Tcp,
                  sourceApplicationSecurityGroups: AsgLogic, destinationApplicationSecurityGroups: AsgDb, destinationPorts: 1433 }
              - { name: Deny-Database-All, priority: 120, direction: Inbound, access: Deny, protocol: "*",
                  source: "*", destinationApplicationSecurityGroups: AsgDb, destinationPorts: 1433 }
        rules:
          - { name: all, priority: 100, access: Allow, protocol: "*", source: "*", destination: "*" }
        """

    private struct Setting {
        let configuration: Configuration
        let compiled: CompiledPolicy

        init(_ text: String = GroupPolicyTests.rules) throws {
            configuration = try Configuration.parse(text, file: "test.yaml", hostName: "test")
            compiled = try CompiledPolicy(configuration)
        }

        /// The name of the deciding rule, with a minus if it denies.
        func decides(
            _ from: (UInt8, String), _ to: (UInt8, String), _ port: UInt16, reevaluates: UInt8 = 0
        ) -> (rule: String, stage: PolicyStage?, group: String) {
            var question = sluice_classification()
            question.family = 4
            question.protocol = 6
            question.sourceZone = from.0
            question.destinationZone = to.0
            question.source = NetworkAddress(from.1)?.layout ?? sluice_address()
            question.destination = NetworkAddress(to.1)?.layout ?? sluice_address()
            question.sourcePort = 40000
            question.destinationPort = port
            question.reevaluates = reevaluates
            let answer = compiled.image.classify(question)
            let name = compiled.identities.name(of: answer.rule) ?? "none"
            return (
                (answer.allowed == 1 ? "" : "-") + name, PolicyStage(rawValue: answer.stage),
                compiled.identities.name(of: answer.groupRule) ?? ""
            )
        }
    }

    @Test("NSG-1 the documented example of application security groups: three rules decide as documented")
    func applicationSecurityGroups() throws {
        let setting = try Setting()
        let internet: (UInt8, String) = (3, "20.1.2.3")
        #expect(setting.decides(internet, (2, "10.0.0.4"), 80).group == "gb/Allow-HTTP-Inbound-Internet")
        #expect(setting.decides(internet, (2, "10.0.0.5"), 80).rule == "-gb/defaultSecurityRules/DenyAllInBound")
        #expect(setting.decides((3, "10.0.0.5"), (2, "10.0.0.6"), 1433).group == "gb/Allow-Database-BusinessLogic")
        #expect(setting.decides((3, "10.0.0.4"), (2, "10.0.0.6"), 1433).rule == "-gb/Deny-Database-All")
        #expect(
            setting.decides((3, "10.0.0.4"), (2, "10.0.0.6"), 5432).group == "gb/defaultSecurityRules/AllowVnetInBound")
    }

    @Test(
        "NSG-4 outbound group of the source zone, then inbound group of the destination zone, then the firewall's own rules: all must allow"
    )
    func order() throws {
        let setting = try Setting()
        let outbound = setting.decides((1, "10.0.0.9"), (2, "10.0.0.6"), 22)
        #expect(outbound.rule == "-ga/no-ssh" && outbound.stage == .outboundGroup)
        let inbound = setting.decides((1, "10.0.0.9"), (2, "10.0.0.6"), 1433)
        #expect(inbound.rule == "-gb/Deny-Database-All" && inbound.stage == .inboundGroup)
        let allowed = setting.decides((1, "10.0.0.9"), (2, "10.0.0.6"), 80)
        #expect(allowed.rule == "all" && allowed.stage == .ownRules)
        #expect(allowed.group == "gb/defaultSecurityRules/AllowVnetInBound")
        let without = setting.decides((3, "10.0.0.9"), (3, "10.0.0.6"), 22)
        #expect(without.rule == "all" && without.group == "")
        let toInternet = setting.decides((1, "10.0.0.9"), (3, "20.1.2.3"), 443)
        #expect(toInternet.group == "ga/defaultSecurityRules/AllowInternetOutBound")
        let denied = try Setting(
            GroupPolicyTests.rules.replacing(
                "name: all, priority: 100, access: Allow", with: "name: all, priority: 100, access: Deny"))
        #expect(denied.decides((1, "10.0.0.9"), (2, "10.0.0.6"), 80).rule == "-all")
    }

    @Test(
        "NSG-3 a live session is evaluated again only by groups with flushConnection, and by the firewall's own rules")
    func reevaluation() throws {
        let setting = try Setting()
        #expect(setting.decides((1, "10.0.0.9"), (3, "10.0.0.6"), 22, reevaluates: 1).rule == "all")
        #expect(setting.decides((1, "10.0.0.9"), (2, "10.0.0.6"), 1433, reevaluates: 1).rule == "-gb/Deny-Database-All")
    }

    @Test("NSG-7 the trail names the deciding rule of each set, and the rules with lower precedence that match too")
    func trail() throws {
        let setting = try Setting()
        func trail(_ port: UInt16) throws -> DecisionTrail {
            DecisionTrail(
                of: setting.configuration, sourceZone: "a", destinationZone: "b",
                source: try #require(NetworkAddress("10.0.0.5")), destination: try #require(NetworkAddress("10.0.0.6")),
                sourcePort: 1, destinationPort: port, ipProtocol: 6)
        }
        let allowed = try trail(1433)
        #expect(allowed.isAllowed && allowed.steps.map(\.stage) == [.outboundGroup, .inboundGroup, .ownRules])
        #expect(allowed.steps[1].decidingRule?.name == "gb/Allow-Database-BusinessLogic")
        #expect(
            allowed.steps[1].laterRules.map(\.name) == [
                "gb/Deny-Database-All", "gb/defaultSecurityRules/AllowVnetInBound",
                "gb/defaultSecurityRules/DenyAllInBound",
            ])
        let denied = try trail(22)
        #expect(!denied.isAllowed && denied.steps.map(\.group) == ["ga"])
    }

    @Test("NSG-9 rules that can never match are found; policy diff shows what is added, removed, changed and shadowed")
    func difference() throws {
        let old = try Setting().configuration
        #expect(ShadowedRule.find(in: old.rules).isEmpty)
        let new = try Setting(
            GroupPolicyTests.rules
                .replacing("no-ssh, priority: 100", with: "no-ssh, priority: 101")
                .replacing("Allow-HTTP-Inbound-Internet", with: "Web")
                .replacing("networkSecurityGroup: ga", with: "networkSecurityGroup: gb")
                + "\n  - { name: late, priority: 200, access: Deny, protocol: Tcp, source: 10.0.0.0/8, destination: \"*\" }"
        ).configuration
        let difference = PolicyDifference(from: old, to: new)
        let texts = difference.changes.map {
            "\($0.kind.rawValue) \($0.rule)\($0.by.isEmpty ? "" : " by \($0.by.joined(separator: ", "))")"
        }
        #expect(
            texts == [
                "changed ga/no-ssh", "removed gb/Allow-HTTP-Inbound-Internet", "added gb/Web", "added late",
                "shadowed late by all",
            ])
        #expect(difference.zones == [.init(zone: "a", old: "ga", new: "gb")])
        #expect(PolicyDifference(from: old, to: old).isEmpty)
        let halves = try ["10.0.0.0/9", "10.128.0.0/9"].map { try AddressPrefix(parsing: $0) }
        let both = RuleReach(FirewallRule(name: "", priority: 1, access: .allow, source: .prefixes(halves)))
        let whole = try AddressPrefix(parsing: "10.0.0.0/8")
        #expect(both.covers(RuleReach(FirewallRule(name: "", priority: 2, access: .deny, source: .prefixes([whole])))))
        let more = try AddressMatch.prefixes([whole, AddressPrefix(parsing: "11.0.0.0/32")])
        #expect(!both.covers(RuleReach(FirewallRule(name: "", priority: 2, access: .deny, source: more))))
        let tcp = FirewallRule(name: "", priority: 1, access: .allow, ipProtocol: .tcp)
        #expect(
            !RuleReach(tcp).covers(both) && RuleReach(FirewallRule(name: "", priority: 1, access: .deny)).covers(both))
    }

    @Test("NSG-9 an unknown group of a zone, a group given twice, a missing file: refused")
    func mistakes() {
        func mistakes(_ text: String) -> String {
            do throws(ConfigurationErrors) {
                _ = try Configuration.parse(text, file: "/nowhere/sluice.yaml", hostName: "test")
                return ""
            } catch { return error.description }
        }
        let zones = "zones: [{ name: a, interfaces: [eth0], networkSecurityGroup: web }]\n"
        #expect(
            mistakes(zones + "networkSecurityGroups: [{ name: wed, rules: [] }]")
                == "/nowhere/sluice.yaml:1:8: zones[0].networkSecurityGroup: zone \"a\": there is no group \"web\" (did you mean wed?): name its file under networkSecurityGroups (known: wed)"
        )
        #expect(
            mistakes(zones + "networkSecurityGroups: [{ name: web, rules: [] }, { name: web, rules: [] }]").contains(
                "exists already"))
        #expect(
            mistakes(zones + "networkSecurityGroups: [{ name: web, rules: [] }, { name: Web, rules: [] }]")
                == "/nowhere/sluice.yaml:2:51: networkSecurityGroups[1]: the group \"Web\" exists already, as \"web\": names do not differ by case: keep one, or rename it; groups with the same name in several resource groups are distinguished by their ids, as `az network nsg list` exports them"
        )
        let own =
            "rules: [{ name: web/all, priority: 1, access: Allow, protocol: \"*\", source: \"*\", destination: \"*\" }]"
        #expect(
            mistakes(zones + "networkSecurityGroups: [{ name: web, rules: [] }]\n" + own)
                == "/nowhere/sluice.yaml:3:17: rules[0].name: \"web/all\" looks like a rule of the group \"web\": write a name without \"web/\""
        )
        #expect(
            mistakes(zones + "networkSecurityGroups: [a.json]").contains("/nowhere/a.json can't be read: No such file"))
    }

    @Test("NSG-8 the stored configuration in force contains its files")
    func selfContained() throws {
        let text =
            "zones: [{ name: a, interfaces: [eth0], networkSecurityGroup: web }]\nnetworkSecurityGroups: [web.json]"
        let group = Array("{ \"name\": \"web\", \"securityRules\": [] }".utf8)
        let kept = EmbeddedFiles.join(Array(text.utf8), ["web.json": group])
        let configuration = try Configuration.parse(
            String(decoding: kept, as: UTF8.self), file: "/nowhere/kept.yaml", hostName: "test")
        #expect(configuration.groups.map(\.name) == ["web"] && configuration.files == ["web.json": group])
        #expect(configuration.selfContained(kept) == kept)
    }
}
