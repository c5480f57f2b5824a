import FoundationEssentials
@testable import Inspection
import Testing

@testable import sluice

struct RenderingTests {
    @Test("the table of sessions")
    func sessionTable() {
        #expect(SessionRendering.table(Fixture.views).text() == Golden.sessionTable)
    }

    @Test("the page of a session")
    func sessionPage() throws {
        #expect(SessionRendering.page(try #require(Fixture.views.first)) == Golden.sessionPage)
    }

    @Test("SESS-10 a row of the list is exactly the encoder's JSON for the session")
    func sessionRow() throws {
        for view in Fixture.views + [Golden.awkward] {
            var row = JSONRow()
            SessionRow.write(view, to: &row)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            #expect(
                String(decoding: row.bytes, as: UTF8.self) == String(decoding: try encoder.encode(view), as: UTF8.self))
        }
    }

    @Test("OPS-2 status on one screen")
    func statusScreen() {
        let screen = StatusRendering.screen(Fixture.status(), version: Fixture.version)
        #expect(screen == Golden.statusScreen)
        #expect(screen.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
    }

    @Test("PROF-2 scaled durations are marked as scaled")
    func scaledStatus() throws {
        let status = Fixture.status(timeScale: 60)
        #expect(status.scaled)
        #expect(status.timeouts["northSouthIdle"] == .init(configuredSeconds: 240, effectiveSeconds: 4))
        #expect(StatusRendering.screen(status).contains("northSouthIdle 4s (scaled from 4m)"))
        #expect(try JSONText.of(status).contains("\"scaled\" : true"))
    }

    @Test("OPS-2 each finding has a remedy, and is readable without colour")
    func degraded() {
        let text = StatusRendering.screen(Fixture.status(guardInstalled: false))
        #expect(text.hasPrefix("gateway edge-1: degraded\n  degraded: the guard is not installed"))
        #expect(text.contains("next: install it again"))
    }

    @Test("OPS-2 status --json of a missing gateway has its health")
    func down() throws {
        let text = try JSONText.of(
            StatusReport(
                gateway: "edge-1", health: HealthRules.unreadable(.noGateway(name: "edge-1", known: [])), version: .own)
        )
        #expect(text.contains("\"level\" : \"down\""))
        #expect(text.contains("sluice run --config FILE"))
    }

    @Test("OPS-1 status --json has every drop reason under drops")
    func dropsInJSON() throws {
        let status = Fixture.status()
        struct Answer: Decodable { let drops: [String: UInt64] }
        let answer = try JSONDecoder().decode(
            Answer.self, from: Data(try JSONText.of(StatusReport(status, version: .own)).utf8))
        #expect(answer.drops == status.drops)
    }

    @Test("columns are as wide as their widest cell, numbers are right-aligned, lines have no trailing blanks")
    func alignment() {
        var table = TextTable([.left("NAME"), .right("COUNT"), .left("NOTE")])
        table.add(["a", "5", ""])
        table.add(["longer", "12345678", "x"])
        #expect(table.text() == "NAME       COUNT  NOTE\na              5\nlonger  12345678  x\n")
    }

    @Test(
        "durations",
        arguments: [
            (0.0, "0.0s"), (0.46, "0.4s"), (59.99, "59.9s"), (60, "1m00s"), (245.9, "4m05s"), (7385, "2h03m"),
            (604_800, "7d00h"),
            (-1, "0.0s"),
        ])
    func durations(seconds: Double, text: String) { #expect(HumanText.duration(seconds: seconds) == text) }

    @Test(
        "settings",
        arguments: [
            (4.0, "4s"), (0.5, "0.5s"), (0.167, "0.167s"), (240, "4m"), (7200, "2h"), (604_800, "7d"), (90, "1m30s"),
            (34.28, "34.28s"),
        ])
    func settings(seconds: Double, text: String) { #expect(HumanText.setting(seconds: seconds) == text) }

    @Test(
        "bytes",
        arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (1 << 30, "1.0 GiB"), (UInt64.max, "16384.0 PiB")])
    func bytes(count: UInt64, text: String) { #expect(HumanText.bytes(count) == text) }

    @Test("counts", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_048_576, "1,048,576")])
    func counts(count: UInt64, text: String) { #expect(HumanText.count(count) == text) }

    @Test("colours: only on a terminal, never with NO_COLOR or a dumb terminal")
    func colours() {
        let environment = { (variables: [String: String]) in { (name: String) in variables[name] } }
        #expect(TextStyle(isTerminal: true, environment: environment([:])).isColoured)
        #expect(!TextStyle(isTerminal: false, environment: environment([:])).isColoured)
        #expect(!TextStyle(isTerminal: true, environment: environment(["NO_COLOR": "1"])).isColoured)
        #expect(TextStyle(isTerminal: true, environment: environment(["NO_COLOR": ""])).isColoured)
        #expect(!TextStyle(isTerminal: true, environment: environment(["TERM": "dumb"])).isColoured)
    }

    @Test("a redrawn screen is cut to the terminal, and says how many lines it omits")
    func frame() {
        let text = (1...10).map { "line \($0)\n" }.joined()
        let frame = Screen.frame(text, width: 6, height: 5)
        #expect(frame.contains("line 1\u{1B}[K\n"))
        #expect(frame.contains("... 7 "))
        #expect(frame.filter { $0 == "\n" }.count == 4)
    }

    @Test("a line is cut to the terminal's width, and its colours still end")
    func cutting() {
        #expect(Screen.cut("plain text", toColumns: 5) == "plain")
        #expect(Screen.cut("\u{1B}[1mbold text\u{1B}[0m", toColumns: 4) == "\u{1B}[1mbold\u{1B}[0m")
        #expect(Screen.cut("short", toColumns: 80) == "short")
    }

    @Test("the demo passes if nothing failed and something passed; skipped steps do not count")
    func demoVerdicts() {
        let pass = DemoVerdict(rule: "IDLE-2", shown: "a", seen: "b", holds: true)
        let fail = DemoVerdict(rule: "IDLE-3", shown: "a", seen: "b", holds: false)
        let skip = DemoVerdict(rule: "IDLE-4", shown: "a", seen: "b", verdict: .skip)
        #expect(DemoReport(verdicts: [pass, skip], seconds: 1).passed)
        #expect(!DemoReport(verdicts: [pass, fail], seconds: 1).passed)
        #expect(!DemoReport(verdicts: [skip], seconds: 1).passed)
        #expect(
            DemoReport(verdicts: [pass, fail, skip], seconds: 61).summary == "1 passed, 1 failed, 1 skipped in 1m01s")
        #expect(
            DemoReport(verdicts: [fail], seconds: 1).table().text()
                == "RULE    VERDICT  SHOWN  SEEN\nIDLE-3  FAIL     a      b\n")
    }
}
