import Fleet
import FoundationEssentials
import Policy
import Store
import Testing

@testable import Inspection
@testable import Kernel
@testable import sluice

/// Output on terminals of 80 columns, and on narrower ones.
struct WidthTests {
    private static let widths = [80, 72, 60, 40]

    private func check(_ what: String, _ render: (TextStyle) -> String) {
        let whole = render(.plain)
        for width in Self.widths {
            let page = TextFold.page(render(.plain(width: width)), width: width)
            let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines { #expect(line.count <= width, "\(what) at \(width): \(line)") }
            #expect(lines.count >= whole.split(separator: "\n").count, "\(what): rows are missing")
        }
        #expect(!whole.contains("no room for"))
    }

    private static let long = SessionView(
        id: "3ffff-65535", protocol: "icmpv6",
        source: .init(address: "2001:db8:1234:5678:9abc:def0:1234:5678", port: 65535),
        destination: .init(address: "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", port: 65535), direction: "outbound",
        trafficClass: "northSouth", state: "resetting", rule: "the-rule-of-all-rules-for-the-production-network",
        groupRule: "none", instance: 1, ageSeconds: 100_000, idleSeconds: 200.5,
        packets: .init(toDestination: 1, toSource: 1), bytes: .init(toDestination: .max, toSource: .max),
        idleTimeoutSeconds: 240, onIdle: "reset", timeLeftSeconds: 39.5, atRisk: false, keepAlive: .init(),
        treatment: 0, generation: 1, tcpAuthentication: true,
        endReason: "halfOpenTimeout",
        positions: .init(
            originator: .init(sequenceEnd: .max, acknowledged: 0), responder: .init(sequenceEnd: 0, acknowledged: .max)),
        zones: .init(source: "client", destination: "internet"))

    private static func rule() throws -> ActiveRule {
        let json = """
            {"list": "spoke-a-nsg inbound", "name": "spoke-a-nsg/defaultSecurityRules/AllowVnetInBound", "priority": 65000,
             "access": "Allow", "protocol": "*", "source": ["VirtualNetwork", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
             "expandedSource": [], "expandedDestination": [], "isDefault": true, "sourcePorts": ["*"],
             "destination": ["VirtualNetwork"], "destinationPorts": ["*"], "identity": 7, "idleTimeoutSeconds": 0,
             "onIdle": "byClass", "sessions": 1234567}
            """
        return try JSONDecoder().decode(ActiveRule.self, from: Data(json.utf8))
    }

    @Test("OPS-2 no table and no page is wider than the terminal; a pipe gets every column")
    func everything() throws {
        let rule = try Self.rule()
        check("session list") { SessionRendering.table(Fixture.views + [Self.long]).text(style: $0) }
        check("session show") { _ in SessionRendering.page(Self.long) }
        check("status") { StatusRendering.screen(Fixture.status(timeScale: 60), style: $0) }
        check("status, degraded") {
            StatusRendering.screen(Fixture.status(guardInstalled: false, halfOpen: 500), style: $0)
        }
        check("instance list") { FleetRendering.screen(Fixture.fleet(), style: $0) }
        check("policy show") { PolicyRendering.page([rule], style: $0) }
        check("event list") { style in
            let event = HistoryEvent(
                time: 1_772_366_400_500_000_000, kind: "maintenanceRollingBack", subject: "instance 12",
                cause: "instance 14 did not start to serve within 60 s: its binary /opt/sluice-next/bin/sluice ended",
                detail: ["process": 4711, "sessionsLeft": 123_456])
            return EventRendering.table([EventView(event)]).text(style: style)
        }
        check("doctor") {
            DoctorReport.text(
                [
                    MachineFinding(
                        "kernel version", isMet: false, found: String(repeating: "long text ", count: 12),
                        remedy:
                            "install a kernel that is new enough for all that a gateway needs: apt-get install linux-image-amd64"
                    )
                ], style: $0)
        }
    }

    @Test("OPS-2 at 80 columns the table of sessions keeps id and ends, and names the omitted columns")
    func sessionTable() {
        let lines = SessionRendering.table(Fixture.views).lines(style: .plain(width: 80))
        #expect(lines[0].hasPrefix("ID") && lines[0].contains("SOURCE") && lines[0].contains("DESTINATION"))
        #expect(lines[0].contains("STATE") && lines[0].contains("IDLE"))
        #expect(lines.count > Fixture.views.count + 1 && lines.joined(separator: " ").contains("no room for"))
        // If there is room for all columns, none is omitted.
        #expect(
            SessionRendering.table(Fixture.views).lines(style: .plain(width: 200))
                == SessionRendering.table(Fixture.views).lines())
    }

    @Test("a column of text is folded before another column is omitted; a word that is too long is cut")
    func folding() {
        var table = TextTable([.left("A"), .right("N", spare: 1), .left("WHY", folds: true)])
        table.add(["one", "1", "it did not answer for five seconds, and was ended"])
        #expect(
            table.text(style: .plain(width: 34)) == """
                A    N  WHY
                one  1  it did not answer for five
                        seconds, and was ended

                """)
        #expect(TextFold.cell("2001:db8:ffff:ffff", width: 10) == ["2001:db8:", "ffff:ffff"])
        #expect(TextFold.cell("abcdefghijkl", width: 5) == ["abcde", "fghij", "kl"])
        #expect(TextFold.cell("ab cd", width: 5) == ["ab cd"])
        var plain = TextTable([.left("LONG"), .right("COUNT", spare: 2), .right("OTHER", spare: 1)])
        plain.add(["12345678901234567890", "1", "2"])
        #expect(plain.lines(style: .plain(width: 30))[0] == "LONG                  OTHER")
    }

    @Test("a line is folded at words, and continues below its value; colours have no width")
    func lines() {
        #expect(
            TextFold.lines("idle timeouts   northSouthIdle 4m, eastWestIdle 5m", width: 40) == [
                "idle timeouts   northSouthIdle 4m,", "                eastWestIdle 5m",
            ])
        #expect(
            TextFold.lines("  next: install it again: sluice reload", width: 30) == [
                "  next: install it again:", "    sluice reload",
            ])
        let coloured = "\u{1B}[31m\(String(repeating: "x", count: 30))\u{1B}[0m"
        #expect(TextFold.lines(coloured, width: 30) == [coloured])
        #expect(TextFold.lines("anything at all", width: nil) == ["anything at all"])
        #expect(TextFold.page("a\n\nb\n", width: 40) == "a\n\nb\n")
    }

    @Test("only a terminal has a width")
    func pipe() {
        #expect(TextStyle(isTerminal: false, width: 80) { _ in nil }.width == nil)
        #expect(TextStyle(isTerminal: true, width: 80) { _ in nil }.width == 80)
    }
}
