import Glibc
import Lab
import Testing

/// Everything that the client sends.
private let fromClient = "src \(LabZone.client.address) or src \(LabZone.client.address6)"

extension LabTests {
    @Test("BAD-5 before the start, during it and after the stop, no packet crosses unless a rule allows it")
    func startAndStop() async throws {
        try await withLab { lab in
            let capture = try await lab.capture(in: .internet, filter: fromClient)
            // Telnet, which no rule allows, several times a second during the whole test.
            let flood = try Knocking(lab: lab, port: 23)
            let ping = try await pingBoth(lab)
            #expect(ping == [false, false])
            #expect(capture.packets == [], "before the start")

            let gateway = try await lab.startGateway(configuration: lab.configuration())
            #expect(capture.packets == [], "during the start")
            // The control: allowed packets pass.
            #expect(try await pingBoth(lab) == [true, true])
            let server = try await lab.listener(in: .internet, port: 8000, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
            try await client.waitFor("connected", within: .seconds(10))

            #expect(await gateway.stop() == .code(0))
            // Forwarding stays on, or another program enables it: the guard alone must drop the packets.
            try lab.setPlainForwarding(true)
            let crossed = capture.packets
            #expect(!crossed.isEmpty && !crossed.contains { $0.contains(".23: ") }, "\(crossed)")
            let seen = server.events("data").count
            client.perform("send 100")
            #expect(try await pingBoth(lab) == [false, false])
            #expect(await capture.stop() == crossed, "after the stop")
            #expect(server.events("data").count == seen)
            #expect(flood.process.isRunning)
        }
    }

    @Test("BAD-5 if the program is detached from an interface by force, no packet crosses")
    func tornOff() async throws {
        try await withGateway { lab, gateway in
            let server = try await lab.listener(in: .internet, port: 8000, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
            try await client.waitFor("connected", within: .seconds(10))
            #expect(try await pingBoth(lab) == [true, true])

            // The controller could attach the program again, so it is stopped meanwhile.
            gateway.process.send(signal: SIGSTOP)
            let link = LabZone.client.gatewayInterface
            try await lab.execute(in: .gateway, [gateway.binary, "release", link, "--force"]).required()
            let capture = try await lab.capture(in: .internet, filter: fromClient)
            client.perform("send 100")
            #expect(try await pingBoth(lab) == [false, false])
            let other = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
            try await pass(.seconds(1))
            #expect(other.events("connected").isEmpty)
            #expect(await capture.stop() == [])
            #expect(server.events("data").isEmpty)
            gateway.process.send(signal: SIGCONT)
        }
    }

    @Test("BAD-5 RECOV-3 after all processes are killed, the kernel continues to filter by the same rules")
    func killed() async throws {
        try await withLab { lab in
            let gateway = try await lab.startGateway(
                configuration: lab.configuration(extra: "continuity: preserve"))
            let server = try await lab.listener(in: .internet, port: 8000, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8000)
            try await client.waitFor("connected", within: .seconds(10))

            try await gateway.killAll()
            let capture = try await lab.capture(in: .internet, filter: fromClient)
            let flood = try Knocking(lab: lab, port: 23)
            // The session continues, and new sessions are admitted.
            client.perform("send 100")
            try await client.waitFor("data", within: .seconds(5))
            for version in IPVersion.allCases {
                let other = try lab.connector(in: .client, to: LabZone.internet.address(version), port: 8000)
                try await other.waitFor("connected", within: .seconds(5))
            }
            #expect(try await pingBoth(lab) == [true, true])
            // Denied packets are still denied, and so are inbound connections.
            let inbound = try lab.connector(in: .internet, to: LabZone.client.address, port: 8000)
            try await pass(.seconds(1))
            #expect(inbound.events("connected").isEmpty && inbound.errors.isEmpty)
            let crossed = await capture.stop()
            #expect(!crossed.contains { $0.contains(".23: ") }, "\(crossed)")
            #expect(flood.process.isRunning && server.process.isRunning)

            // A new controller finds the session unchanged.
            let successor = try await lab.startGateway(
                configuration: lab.configuration(extra: "continuity: preserve"))
            client.perform("send 100")
            try await client.waitFor("data", count: 2, within: .seconds(5))
            #expect(await successor.stop() == .code(0))
        }
    }
}

/// Attempts to connect from client to internet, one after the other, over IPv4 and IPv6.
private struct Knocking {
    let process: ChildProcess

    init(lab: Lab, port: Int) throws {
        let targets = "\(LabZone.internet.address) \(LabZone.internet.address6)"
        let script = "while :; do for a in \(targets); do timeout 0.2 nc -n $a \(port) </dev/null; done; done"
        process = try lab.spawn(in: .client, ["bash", "-c", script])
    }
}

/// Whether a ping from client to internet is answered, over IPv4 and over IPv6.
private func pingBoth(_ lab: Lab) async throws -> [Bool] {
    var answers: [Bool] = []
    for version in IPVersion.allCases {
        let command = [
            "ping", "-\(version.rawValue)", "-c", "2", "-i", "0.2", "-W", "1", LabZone.internet.address(version),
        ]
        answers.append(try await lab.execute(in: .client, command).succeeded)
    }
    return answers
}
