import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

@testable import Inspection

/// The API of a running gateway.
@Suite(.serialized) struct LiveTests {
    @Test(
        "API-1 the process has given up root, all capabilities, new privileges and files; it runs and ends independently"
    )
    func confinement() async throws {
        try await APILab.with { api in
            let process = try #require(api.process())
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            var values: [Substring: [Substring]] = [:]
            for line in status.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                values[parts[0]] = parts.count > 1 ? parts[1].split(whereSeparator: { $0 == "\t" || $0 == " " }) : []
            }
            #expect(values["Uid"] == ["65534", "65534", "65534", "65534"])
            #expect(values["Gid"] == ["65533", "65533", "65533", "65533"])
            #expect(values["Groups"] == [])
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(values[Substring(set)] == ["0000000000000000"], "\(set)")
            }
            #expect(values["NoNewPrivs"] == ["1"])
            let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
            #expect(
                limits.split(separator: "\n").contains {
                    $0.hasPrefix("Max core file size") && $0.split(separator: " ").dropFirst(4).first == "0"
                })
            // Not dumpable: its files in /proc belong to root, not to its own user.
            var owner = stat()
            #expect(stat("/proc/\(process)/mem", &owner) == 0 && owner.st_uid == 0)
            // The maps can't be written.
            let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
            let shared = maps.split(separator: "\n").filter { $0.contains("bpf-map") }
            #expect(!shared.isEmpty)
            #expect(shared.allSatisfy { $0.split(separator: " ")[1].hasPrefix("r--s") }, "\(shared)")

            let ready = try await api.request("/readyz")
            #expect(ready.status == 200, "\(ready.body)")
            let before = try await api.command("status", "--json")
            #expect(before.exit == .code(0), "\(before.allOutput)")

            // After a kill the gateway keeps running, reports it, and starts another one.
            kill(process, SIGKILL)
            let isSaid = await eventually(within: .seconds(10)) {
                let status = try? await api.command("event", "list", "--kind", "problemBegan")
                return status?.output.contains("the process of the API ended (signal 9)") ?? false
            }
            #expect(isSaid, "\(api.gateway.process.allOutput)")
            let isBack = await eventually(within: .seconds(20)) {
                guard let new = api.process(), new != process else { return false }
                return (try? await api.request("/healthz").status) == 200
            }
            #expect(isBack)
            let isWell = await eventually(within: .seconds(10)) {
                (try? await api.command("status").exit) == .code(0)
            }
            #expect(isWell)
        }
    }

    @Test(
        "API-1 without 'api:' there is no API, and a reload adds, changes and removes it; it ends without waiting for clients"
    )
    func reloads() async throws {
        try await APILab.with { api in
            let lab = api.lab
            let first = try #require(api.process())
            // Without a change the same process continues.
            try await api.gateway.reload(lab.configuration(timeScale: 10, extra: APILab.listen))
            #expect(api.process() == first)
            // Another port.
            try await api.gateway.reload(
                lab.configuration(timeScale: 10, extra: "api: { listen: \"[::1]:8787\" }"))
            let moved = await eventually(within: .seconds(10)) {
                (try? await api.request("/healthz", [], base: "http://[::1]:8787").status) == 200
            }
            #expect(moved)
            #expect(try await api.request("/healthz").status == 0)
            try await api.gateway.reload(lab.configuration(timeScale: 10))
            #expect(api.process() == nil || api.process() != first)
            #expect(try await api.request("/healthz", [], base: "http://[::1]:8787").status == 0)
        }
    }

    @Test(
        "API-1 BAD-6 a port in use, an invalid certificate: the reload is refused, and nothing changes")
    func refusedReloads() async throws {
        try await APILab.with { api in
            let lab = api.lab
            let process = api.process()
            let taken = try lab.spawn(in: .gateway, ["socat", "TCP-LISTEN:8700,bind=127.0.0.1,reuseaddr", "-"])
            let listens = await eventually(within: .seconds(10)) {
                let sockets = try? await lab.execute(in: .gateway, ["ss", "-Htln", "sport", "=", ":8700"])
                return sockets?.output.contains("8700") ?? false
            }
            #expect(listens)
            func refusal(_ text: String) async throws -> String {
                _ = try lab.write(lab.configuration(timeScale: 10, extra: text), to: "sluice.yaml")
                let reload = try await api.command("reload")
                #expect(reload.exit != .code(0))
                return reload.allOutput
            }
            let port = try await refusal("api: { listen: 127.0.0.1:8700 }")
            #expect(port.contains("sluice.yaml:") && port.contains("another program listens there"), "\(port)")

            func certificate(_ name: String, _ arguments: String...) async throws {
                try await lab.execute(
                    in: .gateway,
                    [
                        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-subj", "/CN=localhost", "-keyout", "\(lab.directory)/\(name).key", "-out",
                        "\(lab.directory)/\(name).pem",
                    ] + arguments
                ).required()
            }
            try await certificate("good", "-days", "2")
            try await certificate("other", "-days", "2")
            try await lab.execute(
                in: .gateway,
                [
                    "sh", "-c",
                    "cd \(lab.directory) && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost "
                        + "-keyout old.key -out old.csr && openssl x509 -req -in old.csr -signkey old.key -days -1 -out old.pem",
                ]
            ).required()
            func tls(_ certificate: String, _ key: String) -> String {
                "api: { listen: 127.0.0.1:8686, tls: { certificate: \(lab.directory)/\(certificate), key: \(lab.directory)/\(key) } }"
            }
            let missing = try await refusal(tls("none.pem", "good.key"))
            #expect(missing.contains("api.tls.certificate") && missing.contains("there is no such file"), "\(missing)")
            let expired = try await refusal(tls("old.pem", "old.key"))
            #expect(expired.contains("expired at"), "\(expired)")
            let mismatch = try await refusal(tls("good.pem", "other.key"))
            #expect(mismatch.contains("api.tls.key") && mismatch.contains("is not the key of"), "\(mismatch)")
            let exposed = try await refusal("api: { listen: 0.0.0.0:8686 }")
            #expect(exposed.contains("insecure: true"), "\(exposed)")
            #expect(api.process() == process)
            #expect(try await api.request("/healthz").status == 200)

            // A valid one is accepted.
            try await api.gateway.reload(lab.configuration(timeScale: 10, extra: tls("good.pem", "good.key")))
            let isServed = await eventually(within: .seconds(10)) {
                let answer = try? await api.request(
                    "/healthz", ["--cacert", "\(lab.directory)/good.pem"], base: "https://localhost:8686")
                return answer?.status == 200
            }
            #expect(isServed, "\(api.gateway.process.allOutput)")
            await taken.terminate()
        }
    }

    @Test("API-1 BAD-6 without its program 'api:' is refused with what to install, and nothing changes")
    func noProgram() async throws {
        try await withTestLab(prefix: "sluice-api") { lab in
            // The same binary in a directory without sluice-api.
            let alone = "\(lab.directory)/sluice"
            let built = try SluiceBinary.path()
            try await lab.execute(in: .gateway, ["sh", "-c", "ln \(built) \(alone) || cp \(built) \(alone)"]).required()
            let gateway = try await lab.startGateway(configuration: lab.configuration(timeScale: 10), binary: alone)
            _ = try lab.write(lab.configuration(timeScale: 10, extra: APILab.listen), to: "sluice.yaml")
            let reload = try await gateway.command("reload")
            #expect(
                reload.exit != .code(0) && reload.errors.contains("Nothing was changed"), "\(reload.allOutput)")
            #expect(reload.errors.contains("install the package 'sluice-api'"), "\(reload.allOutput)")
            #expect(await gateway.stop() == .code(0))
            let start = try await lab.execute(
                in: .gateway, [alone, "run", "--config", "\(lab.directory)/sluice.yaml"])
            #expect(start.exit != .code(0) && start.errors.contains("install the package 'sluice-api'"))
            #expect(access("/run/sluice/\(lab.name)", F_OK) != 0)
        }
    }

    @Test("API-1 the process is killed during a change: the change is made or not, and the gateway continues")
    func killedDuringChange() async throws {
        try await APILab.with { api in
            for _ in 0..<3 {
                let process = try #require(api.process())
                async let answer = api.change("POST", "/v1/reload")
                try await Task.sleep(for: .milliseconds(60))
                kill(process, SIGKILL)
                _ = try await answer
                let isBack = await eventually(within: .seconds(30)) {
                    guard let new = api.process(), new != process else { return false }
                    return (try? await api.request("/healthz").status) == 200
                }
                #expect(isBack)
            }
            #expect(try await api.command("reload").succeeded)
            let isWell = await eventually(within: .seconds(10)) { (try? await api.command("status").exit) == .code(0) }
            #expect(isWell)
        }
    }

    @Test("API-1 API-5 a flood of connections and requests slows down only the API, not the gateway")
    func flood() async throws {
        try await APILab.with { api in
            let lab = api.lab
            let server = try await lab.listener(in: .internet, port: 8080, "--echo")
            let script = """
                import socket, time
                held = []
                for _ in range(1500):
                    try:
                        s = socket.socket(); s.settimeout(1); s.connect(("127.0.0.1", 8686)); held.append(s)
                    except OSError: pass
                print("held", flush=True)
                time.sleep(20)
                """
            _ = try lab.write(script, to: "flood.py")
            let flood = try lab.spawn(in: .gateway, ["sh", "-c", "ulimit -n 4096; python3 \(lab.directory)/flood.py"])
            let isUnderWay = await eventually(within: .seconds(20)) { flood.standardOutput.contains("held") }
            #expect(isUnderWay, "\(flood.allOutput)")
            for _ in 0..<5 {
                #expect(try await api.request("/healthz").status == 200)
                #expect(try await api.command("status").exit == .code(0))
            }
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(10))
            await flood.terminate()
            withExtendedLifetime(server) {}
        }
    }

    @Test("API-1 after the controller is killed the API still reads; the next controller replaces it")
    func takeover() async throws {
        try await APILab.with(extra: "continuity: preserve") { api in
            let first = try #require(api.process())
            kill(api.gateway.process.identifier, SIGKILL)
            _ = await api.gateway.process.waitForExit(within: .seconds(5))
            let status = try await api.request("/v1/status")
            #expect(status.status == 200 && status.body.contains("the controller is not running"))
            let change = try await api.change("PUT", "/v1/fleet/scale", #"{"instances":3}"#)
            #expect(change.status == 503, "\(change)")
            let next = try api.lab.spawn(
                in: .gateway, [api.gateway.binary, "run", "--config", api.gateway.configurationPath])
            let isBack = await eventually(within: .seconds(20)) {
                guard let new = api.process(), new != first else { return false }
                return (try? await api.request("/readyz").status) == 200
            }
            #expect(isBack, "\(next.allOutput)")
            await next.terminate()
        }
    }
}
