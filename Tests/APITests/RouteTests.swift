import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Gateway
@testable import Inspection

/// The answers of each route for a running gateway, compared with the output of the commands.
@Suite(.serialized) struct RouteTests {
    /// A text in which numbers that change from moment to moment are replaced.
    private func steady(_ text: String) -> String {
        let changing = [
            "ageSeconds", "idleSeconds", "timeLeftSeconds", "heartbeatAgeSeconds", "uptimeSeconds", "stateSeconds",
            "scanShare", "cpu",
            "bitsPerSecond", "seconds", "networkAgeSeconds", "receivedFrames", "sinceSeconds", "resetInSeconds",
            "deadlineInSeconds",
        ]
        var result = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = String(line)
            for name in changing {
                for mark in ["\"\(name)\" : ", "\"\(name)\":"] {
                    guard let found = line.firstRange(of: mark) else { continue }
                    let end = line[found.upperBound...].firstIndex { !"0123456789.e-".contains($0) } ?? line.endIndex
                    line.replaceSubrange(found.upperBound..<end, with: "0")
                }
            }
            result += line + "\n"
        }
        return result
    }

    @Test("API-2 what the API returns is what the command prints with --json, byte by byte")
    func sameBytes() async throws {
        try await APILab.with(extra: "flowLog: { directory: /var/log/sluice-test-\(getpid()) }") { api in
            let lab = api.lab
            defer { try? FileManager.default.removeItem(atPath: "/var/log/sluice-test-\(getpid())") }
            let server = try await lab.listener(in: .internet, port: 8080, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(10))
            client.perform("send 1000")
            try await client.waitFor("data", within: .seconds(10))
            let listed = try await api.command("session", "list", "--json", "--port", "8080").required()
            let sessions = try JSONDecoder().decode([SessionView].self, from: Data(listed.output.utf8))
            let id = try #require(sessions.first).id
            // The flow log is written once a second.
            try await Task.sleep(for: .seconds(3))

            let pairs: [(path: String, command: [String])] = [
                ("/v1/status", ["status"]), ("/v1/sessions", ["session", "list"]),
                (
                    "/v1/sessions?port=8080&class=northSouth&state=established",
                    [
                        "session", "list", "--port", "8080", "--class", "northSouth", "--state", "established",
                    ]
                ),
                ("/v1/sessions?limit=1", ["session", "list", "--limit", "1"]),
                ("/v1/sessions?atRisk=true", ["session", "list", "--at-risk"]),
                ("/v1/sessions?source=192.0.2.0/24", ["session", "list", "--source", "192.0.2.0/24"]),
                ("/v1/sessions/\(id)", ["session", "show", id]), ("/v1/instances", ["instance", "list"]),
                ("/v1/maintenance", ["maintenance", "status"]), ("/v1/policy", ["policy", "show"]),
                ("/v1/policy?zone=internet", ["policy", "show", "--zone", "internet"]),
                ("/v1/events", ["event", "list"]),
                ("/v1/events?kind=gatewayStarted", ["event", "list", "--kind", "gatewayStarted"]),
                ("/v1/events?limit=2", ["event", "list", "--limit", "2"]),
                ("/v1/flow-logs", ["flow-log", "query"]),
                ("/v1/flow-logs?denied=x", []),
            ]
            for (path, command) in pairs where !command.isEmpty {
                var same = false
                var (answer, printed) = (APILab.Answer(), "")
                // Something may have changed between the two calls.
                for _ in 0..<5 where !same {
                    let base = ["--json", "--gateway", lab.name]
                    printed = try await lab.execute(in: .gateway, [api.gateway.binary] + command + base).output
                    answer = try await api.request(path)
                    same = answer.status == 200 && steady(answer.body) == steady(printed)
                }
                #expect(same, "\(path) answers \(answer)\nand \(command) prints \(printed)")
            }
            let question =
                #"{"protocol":"tcp","source":"10.1.0.10","destination":"203.0.113.10","destinationPort":8080}"#
            let explained = try await api.request(
                "/v1/policy:explain", "-H", "Content-Type: application/json", "-d", question)
            let printed = try await api.command(
                "policy", "explain", "--json", "--protocol", "tcp", "--source", "10.1.0.10", "--destination",
                "203.0.113.10", "--destination-port", "8080"
            ).required().output
            #expect(explained.status == 200 && steady(explained.body) == steady(printed), "\(explained)\n\(printed)")
            let drops = try await api.request("/v1/drops")
            #expect(drops.status == 200 && drops.body.contains("\"reason\" : \"denied\""), "\(drops)")
            let metrics = try await api.request("/metrics?compat=nf_conntrack")
            for line in [
                "sluice_sessions_limit ", "node_nf_conntrack_entries_limit ",
                "sluice_process_cpu_seconds_total{process=\"api\"} ",
            ] {
                #expect(metrics.body.contains("\n\(line)"), "\(metrics)")
            }
            #expect(try await api.request("/metrics?compat=other").status == 400)
            withExtendedLifetime(server) {}
        }
    }

    @Test(
        "API-2 API-3 changes: each needs the admin token, is made by the controller, and the history names the token"
    )
    func changes() async throws {
        try await APILab.with { api in
            let lab = api.lab
            let server = try await lab.listener(in: .internet, port: 8080, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(10))

            let bare = try await api.request("/v1/fleet/scale", "-X", "PUT", "-d", #"{"instances":3}"#)
            #expect(bare.status == 401, "\(bare)")
            let reader = try await api.request(
                "/v1/fleet/scale", "-X", "PUT", "-H", "Authorization: Bearer \(try api.token("read"))")
            #expect(reader.status == 403, "\(reader)")

            let wrongCount = try await api.change("POST", "/v1/sessions:reset", #"{"port":8080,"confirm":7}"#)
            #expect(
                wrongCount.status == 409 && wrongCount.body.contains("1 sessions match now"), "\(wrongCount)")
            let reset = try await api.change("POST", "/v1/sessions:reset", #"{"port":8080,"confirm":1}"#)
            #expect(reset.status == 200 && reset.body.contains("\"reset\" : 1"), "\(reset)")
            try await client.waitFor("error", within: .seconds(10))
            #expect(client.errors == ["ECONNRESET"])
            #expect(try await api.change("POST", "/v1/sessions/3fff-9:reset").status == 404)

            let scaled = try await api.change("PUT", "/v1/fleet/scale", #"{"instances":3}"#)
            #expect(scaled.status == 200 && scaled.body.contains("\"message\""), "\(scaled)")
            #expect(try await api.change("PUT", "/v1/fleet/scale", #"{"instances":40}"#).status == 409)
            #expect(try await api.change("PUT", "/v1/fleet/scale", #"{"instances":0}"#).status == 400)
            let three = await eventually(within: .seconds(20)) {
                (try? await api.request("/v1/fleet").body.contains("\"serving\" : 3")) ?? false
            }
            #expect(three)
            // An instance with a session: without sessions a drain ends at once.
            let other = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await other.waitFor("connected", within: .seconds(10))
            let listed = try await api.request("/v1/sessions?port=8080&state=established").body
            let sessions = try JSONDecoder().decode([SessionView].self, from: Data(listed.utf8))
            let owner = try #require(sessions.first).instance
            #expect(try await api.change("POST", "/v1/instances/\(owner):drain").status == 200)
            #expect(try await api.change("POST", "/v1/instances/\(owner):drain").status == 409)
            #expect(try await api.change("POST", "/v1/instances/\(owner):cancel-drain").status == 200)
            #expect(try await api.change("POST", "/v1/instances/60:drain").status == 404)
            #expect(try await api.change("PUT", "/v1/fleet/prescale", #"{"minimum":2,"maximum":6}"#).status == 200)
            #expect(try await api.change("PATCH", "/v1/maintenance", #"{"action":"pause"}"#).status == 409)
            #expect(try await api.change("POST", "/v1/reload").status == 200)
            _ = try lab.write("nonsense: true\n", to: "sluice.yaml")
            let refused = try await api.change("POST", "/v1/reload")
            #expect(refused.status == 422 && refused.body.contains("sluice.yaml:1"), "\(refused)")

            let events = try await api.request("/v1/events?limit=1000").body
            for kind in [
                "sessionsReset", "instanceDraining", "drainCancelled", "capacityChanged",
                "configurationReloaded", "configurationRefused",
            ] {
                let list = try await api.request("/v1/events?kind=\(kind)").body
                #expect(list.contains("\"by\" : \"token admin\""), "\(kind): \(list)\nof \(events)")
            }
            // For a command: user and process.
            _ = try await api.command("instance", "drain", "\(owner)")
            let byCommand = await eventually(within: .seconds(5)) {
                let list = try? await api.request("/v1/events?kind=instanceDraining").body
                return list?.contains("root (uid 0), process ") ?? false
            }
            #expect(byCommand)
            withExtendedLifetime(server) {}
        }
    }

    @Test("API-3 the control socket checks again: on the API's socket only ping works without the admin token")
    func secondCheck() async throws {
        try await APILab.with { api in
            let client = GatewayClient(directory: RunDirectory(gateway: api.lab.name), isAPI: true)
            #expect(try client.exchange(ControlRequest(.ping)).ok)
            var request = ControlRequest(.fleetScale)
            request.instances = 3
            #expect(try client.exchange(request).refusal == .notPermitted)
            request.token = try api.token("read")
            #expect(try client.exchange(request).refusal == .notPermitted)
            request.token = try api.token("admin")
            #expect(try client.exchange(request).ok)
            var stop = ControlRequest(.stop)
            stop.token = try api.token("admin")
            #expect(try client.exchange(stop).refusal == .notPermitted)
        }
    }

    @Test("API-2 sessions in parts: each once, in the order of the list")
    func parts() async throws {
        try await APILab.with { api in
            let server = try await api.lab.listener(in: .internet, port: 8080, "--echo")
            var clients: [Endpoint] = []
            for _ in 0..<7 {
                let client = try api.lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
                try await client.waitFor("connected", within: .seconds(10))
                clients.append(client)
            }
            var path: String? = "/v1/sessions?port=8080&limit=3"
            var seen: [String] = []
            while let next = path {
                let answer = try await api.request(next)
                #expect(answer.status == 200, "\(answer)")
                let part = try JSONDecoder().decode([SessionView].self, from: Data(answer.body.utf8))
                #expect(part.count <= 3)
                seen += part.map(\.id)
                path = answer.head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("link: <") }
                    .flatMap { $0.split(separator: "<").last?.split(separator: ">").first.map(String.init) }
            }
            #expect(seen.count == 7 && Set(seen).count == 7)
            withExtendedLifetime((server, clients)) {}
        }
    }

    @Test("API-2 a stream of events: new events and, with Last-Event-ID, missed events")
    func stream() async throws {
        try await APILab.with { api in
            func curl(_ arguments: String...) throws -> ChildProcess {
                try api.lab.spawn(
                    in: .gateway, ["curl", "-sSN", "-m", "60"] + arguments + ["http://127.0.0.1:8686/v1/events/stream"])
            }
            let live = try curl()
            let begins = await eventually(within: .seconds(10)) { live.standardOutput.contains("retry: 2000") }
            #expect(begins, "\(live.allOutput)")
            #expect(try await api.change("PUT", "/v1/fleet/scale", #"{"instances":3}"#).status == 200)
            let comes = await eventually(within: .seconds(10)) {
                live.standardOutput.contains("event: capacityChanged\n")
            }
            #expect(comes, "\(live.allOutput)")
            let text = live.standardOutput
            let mark = try #require(text.firstRange(of: "event: capacityChanged\n"))
            let id = try #require(text[..<mark.lowerBound].split(separator: "\n").last?.dropFirst("id: ".count))
            let number = try #require(Int(id))
            let again = try curl("-H", "Last-Event-ID: \(number - 1)")
            let resumes = await eventually(within: .seconds(10)) {
                again.standardOutput.contains("id: \(number)\nevent: capacityChanged\n")
            }
            #expect(resumes, "\(again.allOutput)")
            let before = try await api.request("/v1/events?after=\(number - 1)&limit=1").body
            #expect(before.contains("\"kind\" : \"capacityChanged\""))
            for process in [live, again] { await process.terminate() }
        }
    }
}
