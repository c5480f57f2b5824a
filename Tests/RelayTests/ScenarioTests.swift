import Foundation
import Testing

@testable import Relay

@Suite("Scenarios")
struct ScenarioTests {
    private static let second: UInt64 = 1_000_000_000

    private func event(_ kind: RelayEvent.Kind, _ connection: Int, at seconds: Double, cause: String = "t")
        -> RelayEvent
    {
        RelayEvent(
            kind: kind, proxy: "db", connection: connection, cause: cause, time: UInt64(seconds * 1e9) + Self.second)
    }

    @Test("RELAY-5 the scenario of the reference page is read")
    func reference() throws {
        let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/reference/relay.md")
        let parts = try String(contentsOf: page.standardized, encoding: .utf8).components(separatedBy: "```yaml\n")
        let text = try #require(parts.dropFirst().first?.components(separatedBy: "\n```").first)
        let scenario = try ScenarioReader.read(text)
        #expect(scenario.steps.count == 4 && scenario.proxies.count == 1)
    }

    @Test("RELAY-5 a verdict for each connection")
    func verdicts() {
        var ledger = ConnectionLedger(startedAt: Self.second)
        for event in [
            event(.opened, 1, at: 0), event(.opened, 2, at: 0.1), event(.opened, 3, at: 0.2),
            event(.opened, 4, at: 0.3),
            event(.closed, 4, at: 1), event(.reset, 1, at: 2), event(.silent, 2, at: 2), event(.silent, 3, at: 2),
            event(.opened, 5, at: 2.5), event(.noticed, 2, at: 5), event(.noticed, 3, at: 9.99),
        ] { ledger.record(event) }
        let records = ledger.verdicts(now: 11 * Self.second)
        #expect(
            records.map(\.verdict) == [
                .notices(after: 0), .notices(after: 3 * Self.second), .hangs(8 * Self.second), .survives, .survives,
            ])
        #expect(records[0].nextOpenedAt == Self.second * 5 / 2)
        #expect(records.map { $0.verdict.text }[1...2] == ["notices after 3 s", "hangs for 8 s"])
    }

    @Test("RELAY-5 reports are well-formed, whatever the names are")
    func reports() {
        var record = ConnectionLedger.Record(number: 1, proxy: "a<\"&\u{1}>", client: "", openedAt: 0)
        record.disruptedAt = 1
        record.cause = "silent by x"
        record.verdict = .hangs(Self.second)
        let report = ScenarioReport(
            name: "n", command: ["sh", "-c", "a && b"], status: 0, durationNanoseconds: Self.second, records: [record],
            noticeWithin: nil, problems: [])
        #expect(report.junit.contains("a&lt;&quot;&amp;?&gt;") && report.junit.contains("a &amp;&amp; b"))
        #expect(report.junit.contains("failures=\"1\"") && report.exitStatus == 1)
        #expect(report.markdown.contains("hangs for 1 s (failure)"))
    }

    @Test("RELAY-5 a scenario is read with its proxies and its steps in order")
    func reading() throws {
        let scenario = try ScenarioReader.read(
            """
            proxies:
              - name: db
                listen: 127.0.0.1:15432
                upstream: "127.0.0.1:5432"
                profile: azure
                northSouthIdleTimeout: 15m
                timeScale: 60
            noticeWithin: 30s
            steps:
              - {at: 2s, toxic: drain, attributes: {refuse: 2000, refuse_with: hang}}
              - {at: 500ms, proxy: db, toxic: latency, name: slow, toxicity: 0.5}
              - {at: 3s, remove: slow}
              - {at: 4s, enabled: false}
            """)
        #expect(scenario.proxies[0].profile.timeScale == 60 && scenario.proxies[0].upstream == "127.0.0.1:5432")
        #expect(scenario.noticeWithin == 30 * Self.second)
        #expect(scenario.steps.map(\.at) == [500_000_000, 2 * Self.second, 3 * Self.second, 4 * Self.second])
        #expect(scenario.steps[2].action == .remove("slow") && scenario.steps[3].action == .enable(false))
    }

    @Test(
        "RELAY-4 each refusal of namespaces names its switch",
        arguments: [
            (NamespaceRefusal.Readings(maxUserNamespaces: "0"), "user.max_user_namespaces"),
            (.init(maxUserNamespaces: "9", unprivilegedClone: "0"), "kernel.unprivileged_userns_clone"),
            (.init(appArmorRestricts: "1", seccomp: "2"), "kernel.apparmor_restrict_unprivileged_userns"),
            (.init(appArmorRestricts: "0", seccomp: "2"), "--security-opt seccomp=unconfined"),
            (.init(missingPrograms: ["nft"]), "apt-get install nftables"), (.init(), "without --namespaces"),
        ])
    func refusals(readings: NamespaceRefusal.Readings, word: String) {
        #expect(NamespaceRefusal.text(readings).contains(word))
    }
}
