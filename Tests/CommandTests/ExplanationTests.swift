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

    private func answer(allowed: Bool, rule: UInt16 = 3, eastWest: Bool = false) -> sluice_classification {
        var answer = sluice_classification()
        answer.allowed = allowed ? 1 : 0
        answer.rule = rule
        answer.treatment = TreatmentIndex.byClass
        answer.sourceIsInternal = 1
        answer.destinationIsInternal = eastWest ? 1 : 0
        return answer
    }

    @Test("NSG-7 the classifier is asked about the 5-tuple as packets have it")
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

    @Test("NSG-7 an allowed 5-tuple is told with its rule, class and idle treatment")
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
            (6, true, 300.0, "silent"), (17, false, 240, "silent"), (1, false, 30, "silent"),
            (50, false, 240, "silent"),
        ])
    func treatments(ipProtocol: UInt8, eastWest: Bool, seconds: Double, onIdle: String) throws {
        let explanation = PolicyExplanation(
            question: try question(ipProtocol), answer: answer(allowed: true, eastWest: eastWest),
            describer: Fixture.describer, session: nil)
        #expect(explanation.idleTimeoutSeconds == seconds)
        #expect(explanation.onIdle == onIdle)
    }

    @Test("NSG-7 what no rule matches is denied, and a session that lives is told all the same")
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
        #expect(page.contains("from zone client"))
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
}
