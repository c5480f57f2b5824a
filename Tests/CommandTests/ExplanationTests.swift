import FlowCore
import FlowLayout
import Policy
import Testing

@testable import Inspection
@testable import sluice

struct ExplanationTests {
    private func question(_ ipProtocol: UInt8 = 6) throws -> FlowQuestion {
        FlowQuestion(
            ipProtocol: ipProtocol, source: try #require(NetworkAddress("10.1.0.10")), sourcePort: 49152,
            destination: try #require(NetworkAddress("203.0.113.10")), destinationPort: 443)
    }

    /// The classifier's answer for a rule without its own idle timeout.
    private func answer(
        allowed: Bool, rule: UInt16 = 3, eastWest: Bool = false, group: ProtocolGroup = .tcp
    ) -> sluice_classification {
        var answer = sluice_classification()
        answer.allowed = allowed ? 1 : 0
        answer.rule = rule
        answer.treatment = UInt16(SessionKind(eastWest ? .eastWest : .northSouth, group).index)
        answer.sourceIsInternal = 1
        answer.destinationIsInternal = eastWest ? 1 : 0
        return answer
    }

    @Test("NSG-7 the classifier is asked about the 5-tuple in the form of a packet")
    func asked() throws {
        let asked = try question().classification
        #expect(asked.source.low == 0xFFFF_0A01_000A)
        #expect(asked.destination.low == 0xFFFF_CB00_710A)
        #expect(asked.sourcePort == 49152)
        #expect(asked.destinationPort == 443)
        #expect(asked.protocol == 6)
        #expect(asked.family == 4)
        #expect(asked.forHost == 0)
    }

    @Test("NSG-7 an allowed 5-tuple is shown with its rule, class and idle treatment")
    func allowed() throws {
        let explanation = PolicyExplanation(
            question: try question(), answer: answer(allowed: true), describer: Fixture.describer, session: nil)
        #expect(explanation.access == "Allow")
        #expect(explanation.rule == "web")
        #expect(explanation.trafficClass == "northSouth")
        #expect(explanation.direction == "outbound")
        #expect(explanation.idleTimeoutSeconds == 240)
        #expect(explanation.onIdle == "reset")
        #expect(PolicyRendering.page(explanation).contains("idle timeout   4m, then reset"))
    }

    @Test(
        "NSG-7 each class and protocol has its own treatment",
        arguments: [
            (6, ProtocolGroup.tcp, true, 300.0, "silent"), (17, .udp, false, 240, "silent"),
            (1, .icmp, false, 30, "silent"),
            (50, .other, false, 240, "silent"),
        ])
    func treatments(
        ipProtocol: UInt8, group: ProtocolGroup, eastWest: Bool, seconds: Double, onIdle: String
    ) throws {
        let explanation = PolicyExplanation(
            question: try question(ipProtocol), answer: answer(allowed: true, eastWest: eastWest, group: group),
            describer: Fixture.describer, session: nil)
        #expect(explanation.idleTimeoutSeconds == seconds)
        #expect(explanation.onIdle == onIdle)
    }

    @Test("NSG-7 a 5-tuple without a matching rule is denied, and its live session is shown in any case")
    func denied() throws {
        let session = try #require(Fixture.views.first)
        let explanation = PolicyExplanation(
            question: try question(), answer: answer(allowed: false, rule: 0), describer: Fixture.describer,
            session: session)
        #expect(explanation.access == "Deny")
        #expect(explanation.rule == "none")
        #expect(explanation.idleTimeoutSeconds == 0)
        let page = PolicyRendering.page(explanation)
        #expect(page.contains("none matches, and what no rule allows is denied"))
        #expect(page.contains("1a-7, established, by rule web"))
        #expect(!page.contains("from zone"))
        #expect(!page.contains("idle timeout"))
    }

    @Test("rules are listed in order, with what they allow now")
    func rules() throws {
        let rule = FirewallRule(
            name: "web", priority: 100, access: .allow, ipProtocol: .tcp,
            source: .prefixes([try AddressPrefix(parsing: "10.1.0.0/16")]),
            destinationPorts: .ranges([PortRange(443...443)]),
            idleTimeoutNanoseconds: 7_200_000_000_000, onIdle: .probe)
        let active = ActiveRule(list: "rules", rule: rule, identity: 3, sessions: 1234)
        #expect(PolicyRendering.page([active]) == Golden.rules)
    }

    private static let groups = """
        zones:
          - { name: client, interfaces: [eth1] }
          - { name: internet, interfaces: [eth0], networkSecurityGroup: edge }
        networkSecurityGroups:
          - name: edge
            rules:
              - { name: no-web, priority: 100, direction: Inbound, access: Deny, protocol: Tcp, source: VirtualNetwork, destination: "*", destinationPorts: 443 }
              - { name: some, priority: 200, direction: Inbound, access: Allow, protocol: Tcp, source: 10.1.0.0/16, destination: "*" }
        rules: [{ name: web, priority: 100, access: Allow, protocol: Tcp, source: "*", destination: "*" }]
        """

    @Test("NSG-7 explain shows each list's decision and the rules that would match later, and stops at a denial")
    func steps() throws {
        let configuration = try Configuration.parse(Self.groups, file: "test.yaml", hostName: "test")
        var question = try question()
        question.sourceZone = 1
        question.destinationZone = 2
        #expect(question.classification.sourceZone == 1 && question.classification.destinationZone == 2)
        let trail = DecisionTrail(
            of: configuration, sourceZone: "client", destinationZone: "internet", source: question.source,
            destination: question.destination, sourcePort: 49152, destinationPort: 443, ipProtocol: 6)
        var answer = answer(allowed: false, rule: 5)
        answer.stage = PolicyStage.inboundGroup.rawValue
        answer.groupRule = 5
        var describer = Fixture.describer
        describer.ruleNames[5] = "edge/no-web"
        let explanation = PolicyExplanation(
            question: question, answer: answer, describer: describer, session: nil, trail: trail)
        #expect(explanation.stage == "inboundGroup" && explanation.groupRule == "edge/no-web")
        #expect(explanation.zones == .init(source: "client", destination: "internet"))
        #expect(
            explanation.steps == [
                .init(
                    stage: "inboundGroup", group: "edge", rule: "edge/no-web", priority: 100, access: "Deny",
                    laterRules: [
                        .init(rule: "edge/some", priority: 200, access: "Allow"),
                        .init(rule: "edge/defaultSecurityRules/DenyAllInBound", priority: 65500, access: "Deny"),
                    ])
            ])
        #expect(PolicyRendering.page(explanation) == Golden.explanation)
        let text = try JSONText.of(explanation)
        for key in ["stage", "groupRule", "zones", "steps", "laterRules", "session"] {
            #expect(text.contains("\"\(key)\""), "\(key)")
        }
    }

    @Test("NSG-2 NSG-7 policy show lists groups with their default rules, and the meaning of a zone's tags")
    func groupRules() throws {
        let configuration = try Configuration.parse(Self.groups, file: "test.yaml", hostName: "test")
        let all = ActiveRule.list(configuration) { $0 == "edge/some" ? (7, 3) : (0, 0) }
        #expect(
            all.map { "\($0.list) \($0.priority)\($0.isDefault ? " default" : "")" } == [
                "edge outbound 65000 default", "edge outbound 65001 default", "edge outbound 65500 default",
                "edge inbound 100", "edge inbound 200", "edge inbound 65000 default", "edge inbound 65001 default",
                "edge inbound 65500 default", "rules 100",
            ])
        #expect(all[3].source == ["VirtualNetwork"] && all[3].expandedSource.contains("10.0.0.0/8"))
        #expect(all[4].identity == 7 && all[4].sessions == 3)
        #expect(PolicyRendering.page(all).contains("VirtualNetwork"))
        #expect(!PolicyRendering.page(all, expands: true).contains("VirtualNetwork"))
        #expect(ActiveRule.list(configuration, zone: "client") { _ in (0, 0) }.map(\.list) == ["rules"])
    }

    @Test("policy diff shows rules, zones and the sessions that would end")
    func preview() throws {
        #expect(
            PolicyPreviewRendering.page(PolicyPreview(), file: "a.yaml")
                == "a.yaml: changes no rule, and ends no session\n")
        let old = try Configuration.parse(Self.groups, file: "test.yaml", hostName: "test")
        let new = try Configuration.parse(
            Self.groups.replacing("name: no-web, priority: 100", with: "name: none, priority: 100")
                .replacing("networkSecurityGroup: edge }", with: "}").replacing(
                    "{ name: edge", with: "{ flushConnection: true, name: edge"
                )
                .replacing("name: web, priority: 100, access: Allow", with: "name: web, priority: 100, access: Deny"),
            file: "test.yaml", hostName: "test")
        var identities = RuleIdentities()
        var treatments = TreatmentTable(timeouts: new.timeouts)
        let image = try PolicyImage(compiling: new, identities: &identities, treatments: &treatments)
        let table = Fixture.table
        let (count, records) = PolicyPreview.sessionsToEnd(in: table.memory, by: image)
        // This policy never allowed the ICMP session. The tombstone, and the session that is being removed,
        // are not ended again.
        #expect(count == 4 && records.map(\.slot) == [26, 70, 71, 202])
        let difference = PolicyDifference(from: old, to: new)
        let preview = PolicyPreview(
            changes: difference.changes, zones: difference.zones, sessionsToEnd: 1,
            sessions: Array(Fixture.views.prefix(1)))
        #expect(PolicyPreviewRendering.page(preview, file: "a.yaml") == Golden.preview)
        #expect(try JSONText.of(preview).contains("\"sessionsToEnd\""))
    }

    @Test("NSG-9 policy diff says why a rule can never match: one rule, several together, or its addresses")
    func shadowed() {
        func line(_ by: [String]) -> String {
            let change = PolicyDifference.Change(kind: .shadowed, list: "rules", rule: "late", by: by)
            let page = PolicyPreviewRendering.page(PolicyPreview(changes: [change]), file: "a.yaml")
            return page.split(separator: "\n").first.map(String.init) ?? ""
        }
        #expect(line(["a"]) == "! rules: late shadowed by a: it can never match")
        #expect(line(["a", "b"]) == "! rules: late shadowed by a and b together: it can never match")
        #expect(
            line((1...10).map { "r\($0)" })
                == "! rules: late shadowed by r1, r2, r3, r4, r5, r6, r7, r8 and 2 other rules together: it can never match"
        )
        #expect(
            line([])
                == "! rules: late shadowed: it names no address, or only IPv4 on one side and only IPv6 on the other")
        #expect(ShadowText.names((1...9).map { "r\($0)" }).hasSuffix("r7, r8 and 1 other rule"))
    }
}
