import Foundation
import Glibc
import Lab
import TestSupport
import Testing

/// What the applications that the documents name notice of the firewall, and what `docs/application-teams.md` says
/// of it. The messages, who notices what, and when are compared; the milliseconds are not.
@Suite(.serialized) struct ApplicationTests {
    @Test("the programs that are measured are installed", arguments: Applications.all.map(\.name))
    func programs(name: String) throws {
        let application = try #require(Applications.all.first { $0.name == name })
        for need in application.needs {
            let found = try ChildProcess(["sh", "-c", "command -v \(need) || ls -d \(need)"])
            while found.isRunning { usleep(1000) }
            #expect(found.exit == .code(0), "\(need) is missing: './test' as root installs it")
        }
    }

    @Test(
        "IDLE-2 IDLE-3 IDLE-4 DRAIN-2 RECOV-2 what both ends notice of a lost session is what the page says",
        arguments: Measurements.applications.map(\.name))
    func gateway(name: String) async throws { try await compare(name, through: .gateway) }

    @Test(
        "RELAY-2 RELAY-3 what both ends notice through a relay is what the page says",
        arguments: Measurements.applications.filter(\.isTCP).map(\.name))
    func relay(name: String) async throws { try await compare(name, through: .relay) }

    private func compare(_ name: String, through kind: Bed.Kind) async throws {
        let application = try #require(Applications.all.first { $0.name == name })
        let findings = await Measurements.through(kind).value.filter { $0.application == name }
        let page = Measurements.isWriting ? [] : try ApplicationPage.measurements()
        for measured in application.cases {
            guard let finding = findings.first(where: { $0.case == measured }) else {
                // What does not survive the idle period with its setting can't meet the next event.
                let isExpected =
                    Measurements.isWriting
                    || !page.contains {
                        $0.application == name && $0.case == measured && $0.passage == kind.rawValue
                    }
                #expect(
                    isExpected && kind == .relay && measured == .instanceDiesWithSetting,
                    "\(name), \(measured): not measured")
                continue
            }
            switch finding.result {
            case .failure(let error): Issue.record("\(name), \(measured): \(error)")
            case .success(let measurement) where !Measurements.isWriting:
                let expected = page.first {
                    $0.application == name && $0.case == measured && $0.passage == kind.rawValue
                }
                #expect(
                    measurement == expected,
                    "\(name), \(measured): SLUICE_MEASURE=write writes the page\n\(finding.transcript.suffix(3000))")
            case .success: break
            }
        }
    }

    @Test("the page shows what was measured, and a setting for each application")
    func page() async throws {
        if Measurements.isWriting {
            for kind in [Bed.Kind.gateway, .relay] {
                let measured = await Measurements.through(kind).value.compactMap { try? $0.result.get() }
                try ApplicationPage.write(measured)
            }
        }
        let measurements = try ApplicationPage.measurements()
        let text = try String(contentsOf: ApplicationPage.page, encoding: .utf8)
        #expect(
            text == ApplicationPage.filled(text, with: measurements),
            "the page's tables are not made of its data: SLUICE_MEASURE=write writes them")
        for application in Applications.all {
            for measured in application.cases {
                #expect(
                    measurements.contains {
                        $0.application == application.name && $0.case == measured && $0.passage == "gateway"
                    }, "\(application.name), \(measured): not in \(ApplicationPage.data.lastPathComponent)")
            }
            if application.cases.contains(.instanceDiesWithSetting) {
                let kept = measurements.first {
                    $0.application == application.name && $0.case == .idleWithSetting && $0.passage == "gateway"
                }
                #expect(kept?.client.moment == .survives, "IDLE-4 \(application.name): its setting keeps its session")
            }
        }
    }

    @Test(
        "a message keeps its words, and loses times, ports and numbers of processes",
        arguments: [
            ("2026-11-28 05:09:43 Connection reset, restarting [-1]", "Connection reset, restarting [-1]"),
            (
                "2026-11-28 05:09:43.123 UTC [4205] LOG:  could not receive data from client: Connection reset by peer",
                "LOG: could not receive data from client: Connection reset by peer"
            ),
            (
                "4205:M 28 Nov 2026 05:07:57.123 - Reading from client: Connection reset by peer",
                "Reading from client: Connection reset by peer"
            ),
            ("1795842503: Client sub closed its connection.", "Client sub closed its connection."),
            (
                "2026-11-28  5:06:24 3 [Warning] Aborted connection 3 to db: 'x' (Got an error)",
                "[Warning] Aborted connection ... to db: 'x' (Got an error)"
            ),
            (
                "[05:10:38:398] [7114:7118] [ERROR][com.freerdp.core] - Connection reset by peer",
                "[ERROR][com.freerdp.core] - Connection reset by peer"
            ),
            (
                "Read error from remote host 10.1.0.10 port 55348: Connection reset by peer",
                "Read error from remote host ... port ...: Connection reset by peer"
            ),
            (
                "E1128 05:12:28.959454826    8252 chttp2_transport.cc:1016]     ipv4:203.0.113.10:8107: closed",
                "ipv4:...: closed"
            ),
        ])
    func messages(line: String, plain: String) {
        #expect(Messages.ofLoss(line, port: 8107) == [plain])
    }

    @Test("lines that report no loss are no messages")
    func otherLines() {
        let text = """
            Subscribed (mid: 1): 0
            client/10.1.0.10:1 Timers: ping 1, ping-restart 12
            Received DISCONNECT from auto-1
            SELECT 'answer' || '-lost-';
            """
        #expect(Messages.ofLoss(text, port: 1) == [])
    }

    @Test(
        "SAP NI: blocks are framed as its public description says, a ping is answered by a pong",
        arguments: [
            // Length, then the block. One block; two at once; one in parts; a pong alone has no answer.
            (["00000003 616263"], "0000000c 616e737765722d6162632d31"),
            (["00000008 4e495f50494e4700"], "00000008 4e495f504f4e4700"),
            (
                ["00000008 4e495f50494e4700 00000001 61"],
                "00000008 4e495f504f4e4700 0000000a 616e737765722d612d31"
            ),
            (["000000", "02 61", "62"], "0000000b 616e737765722d61622d31"),
            (["00000008 4e495f504f4e4700 00000000"], "00000009 616e737765722d2d31"),
            // A block of 2 GiB is refused: the connection ends.
            (["80000000"], ""),
        ])
    func networkInterface(sent: [String], received: String) async throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Scripts/ni.py"
        let server = try ChildProcess(["/usr/bin/python3", "-u", script, "server", "0", "60", "5"])
        defer { server.send(signal: SIGKILL) }
        try await server.waitForText("ready", within: .seconds(20))
        let port = server.standardOutput.split(separator: "\n")[0].split(separator: " ")[1]
        let parts = sent.map { $0.replacing(" ", with: "") }.joined(separator: " ")
        let client = try ChildProcess([
            "bash", "-c",
            """
            (for part in \(parts); do printf "$(echo $part | sed 's/../\\\\x&/g')"; sleep 0.2; done) | \
                socat -t1 - TCP:127.0.0.1:\(port) | od -An -v -tx1 | tr -d ' \\n'
            """,
        ])
        let result = try await client.result(within: .seconds(20))
        #expect(result.output == received.replacing(" ", with: ""), "\(result.errors)")
    }
}
