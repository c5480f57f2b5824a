import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Inspection
@testable import sluice

/// The commands that a new user tries on a running gateway.
@Suite(.serialized)
struct LiveCommandTests {
    private func withGateway(
        number: Int, extra: String = "", _ body: (LabGateway) async throws -> Void
    ) async throws {
        let lab = try Lab.up(name: "sluice-test-\(getpid())-\(9100 + number)")
        do {
            try await body(
                try await lab.startGateway(configuration: lab.configuration(timeScale: 10) + "\n\(extra)\n"))
            try lab.down()
        } catch {
            try? lab.down()
            throw error
        }
    }

    private func run(_ gateway: LabGateway, _ arguments: String...) async throws -> CommandResult {
        try await gateway.lab.execute(in: .gateway, [gateway.binary] + arguments + ["--gateway", gateway.lab.name])
    }

    @Test("RST-5 the README's \"sixty seconds\": its commands work, and both ends print the reset")
    func sixtySeconds() async throws {
        let readme = try String(
            contentsOfFile: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().path + "/README.md", encoding: .utf8)
        #expect(readme.contains("sluice lab exec internet -- \(LabText.server(port: 8080)) "))
        #expect(readme.contains("sluice lab exec client -- \(LabText.client(port: 8080)) "))
        try await withGateway(number: 1) { gateway in
            let lab = gateway.lab
            func start(_ zone: LabZone, _ command: String) throws -> ChildProcess {
                try ChildProcess([
                    gateway.binary, "lab", "exec", "--name", lab.name, zone.rawValue, "--", "sh", "-c",
                    "sleep 60 | \(command)",
                ])
            }
            let server = try start(.internet, LabText.server(port: 8080))
            let listens = await eventually(within: .seconds(20)) {
                let sockets = try? await lab.execute(in: .zone(.internet), ["ss", "-Htln", "sport", "=", ":8080"])
                return sockets?.output.contains("8080") ?? false
            }
            #expect(listens)
            let client = try start(.client, LabText.client(port: 8080))
            var listed = ""
            let isThere = await eventually(within: .seconds(20)) {
                listed = (try? await run(gateway, "session", "list", "--port", "8080").output) ?? ""
                return listed.contains("established")
            }
            #expect(isThere, "\(listed) \(client.allOutput) \(server.allOutput)")
            let reset = try await run(gateway, "session", "reset", "--port", "8080")
            #expect(reset.exit == .code(0) && reset.output == "1 session reset\n")
            for (name, end) in [("server", server), ("client", client)] {
                let said = await eventually(within: .seconds(10)) {
                    end.standardError.contains("Connection reset by peer")
                }
                #expect(said, "the \(name) says: \(end.allOutput)")
                await end.terminate()
            }
            let text = LabText.running(lab, timeScale: 60)
            #expect(text.contains("After 4s without a byte") && text.contains("sluice lab down --name \(lab.name)"))
        }
    }

    @Test("RISK-4 session list --at-risk, metric: the idle session without keep-alive, not the one that sends them")
    func atRisk() async throws {
        try await withGateway(number: 7) { gateway in
            for port in [8080, 8081] { _ = try await gateway.lab.listener(in: .internet, port: port, "--echo") }
            let quiet = try gateway.lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            let kept = try gateway.lab.connector(
                in: .client, to: LabZone.internet.address, port: 8081, "--keepalive-idle", "3", "--keepalive-interval",
                "3")
            for end in [quiet, kept] { try await end.waitFor("connected", within: .seconds(20)) }
            struct Session: Decodable {
                struct End: Decodable { let port: UInt16 }
                struct Seen: Decodable {
                    struct Interval: Decodable { let leastSeconds: Double }
                    let source, destination: Interval?
                }
                let destination: End
                let keepAlive: Seen
                let atRisk: Bool
                let idleSeconds, timeLeftSeconds, idleTimeoutSeconds: Double
            }
            func sessions(_ options: String...) async throws -> [Session] {
                let result = try await gateway.lab.execute(
                    in: .gateway,
                    [gateway.binary, "session", "list", "--json", "--gateway", gateway.lab.name] + options)
                return try JSONDecoder().decode([Session].self, from: Data(result.output.utf8))
            }
            #expect(try await sessions("--at-risk").isEmpty, "nothing has been idle for long")
            var risky: [Session] = []
            let isThere = await eventually(within: .seconds(30)) {
                risky = (try? await sessions("--at-risk")) ?? []
                return !risky.isEmpty
            }
            try #require(isThere)
            let one = try #require(risky.first)
            #expect(risky.count == 1 && one.destination.port == 8080 && one.atRisk)
            #expect(one.idleSeconds > one.idleTimeoutSeconds / 2)
            #expect(abs(one.timeLeftSeconds - (one.idleTimeoutSeconds - one.idleSeconds)) < 0.02)
            let other = try #require(try await sessions("--port", "8081").first)
            #expect(!other.atRisk && other.keepAlive.source != nil && other.keepAlive.destination == nil)
            let counted = await eventually(within: .seconds(15)) {
                let metrics = (try? await run(gateway, "metrics").output) ?? ""
                return metrics.split(separator: "\n").contains {
                    $0.hasPrefix("sluice_sessions_at_risk{") && $0.contains("northSouth") && $0.hasSuffix("} 1")
                }
            }
            #expect(counted)
            let table = try await run(gateway, "session", "list", "--at-risk")
            #expect(table.output.contains("TIME LEFT") && table.output.contains("none seen"), "\(table.allOutput)")
        }
    }

    @Test(
        "OPS-2 session watch --json writes one object a line; so do instance list and status; no control codes"
    )
    func watch() async throws {
        try await withGateway(number: 2) { gateway in
            _ = try await gateway.lab.listener(in: .internet, port: 8080, "--echo")
            let client = try gateway.lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(20))
            let watch = try ChildProcess([
                gateway.binary, "session", "watch", "--json", "--interval", "0.2", "--port", "8080", "--gateway",
                gateway.lab.name,
            ])
            let came = await eventually(within: .seconds(20)) {
                watch.standardOutput.split(separator: "\n").count >= 3
            }
            #expect(came, "\(watch.allOutput)")
            await watch.terminate()
            struct Look: Decodable {
                let gateway, time: String
                let sessions: [SessionView]
            }
            let lines = watch.standardOutput.split(separator: "\n").dropLast()
            let looks = try lines.map { try JSONDecoder().decode(Look.self, from: Data($0.utf8)) }
            #expect(
                looks.allSatisfy { $0.gateway == gateway.lab.name && $0.sessions.map(\.destination.port) == [8080] })
            #expect(looks.map(\.time) == looks.map(\.time).sorted() && Set(looks.map(\.time)).count == looks.count)
        }
    }

    @Test("OPS-2 a real bash completes gateways, and zones, ids, instances and rules of running ones")
    func completions() async throws {
        try await withGateway(number: 3) { gateway in
            let lab = gateway.lab
            _ = try await lab.listener(in: .internet, port: 8080, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(20))
            let name = ["--gateway", lab.name]
            let gateways = try await BashCompletion.offers(
                ["status", "--gateway", String(lab.name.dropLast(2))], in: lab)
            #expect(gateways.contains(lab.name))
            let zones = try await BashCompletion.offers(["policy", "show"] + name + ["--zone", ""], in: lab)
            #expect(Set(zones) == ["client", "peer", "internet"])
            let listed = try await run(gateway, "session", "list", "--json").required()
            let sessions = try JSONDecoder().decode([SessionView].self, from: Data(listed.output.utf8))
            #expect(!sessions.isEmpty)
            #expect(
                try await Set(BashCompletion.offers(["session", "show"] + name + [""], in: lab))
                    == Set(sessions.map(\.id)))
            #expect(try await Set(BashCompletion.offers(["instance", "drain"] + name + [""], in: lab)) == ["1", "2"])
            #expect(
                try await BashCompletion.offers(["flow-log", "tail"] + name + ["--rule", "serv"], in: lab) == [
                    "services"
                ])
        }
    }

    @Test(
        "BAD-6 if a flow log's directory can't be made, start and status report it until the directory exists"
    )
    func flowLogDirectory() async throws {
        let place = try Place()
        try Data().write(to: URL(fileURLWithPath: "\(place.path)/file"))
        let directory = "\(place.path)/file/log"
        try await withGateway(number: 4, extra: "flowLog: { directory: \(directory) }") { gateway in
            #expect(gateway.process.allOutput.contains("flowLog.directory: \(directory) can't be made"))
            #expect(gateway.process.allOutput.contains("Not a directory"))
            let degraded = try await run(gateway, "status")
            #expect(
                degraded.exit == .code(1) && degraded.output.contains("mkdir -p \(directory)"), "\(degraded.output)")
            unlink("\(place.path)/file")
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let isWell = await eventually(within: .seconds(20)) {
                (try? await run(gateway, "status").exit) == .code(0)
            }
            #expect(isWell)
            let empty = try await run(gateway, "flow-log", "query")
            #expect(empty.exit == .code(0) && empty.errors.contains("nothing is logged yet"), "\(empty.allOutput)")
        }
    }
}
