import Lab
import Testing

extension LabTests {
    @Test(
        "lab-endpoint reports what its sockets see: data in both directions, FIN, and a reset as ECONNRESET",
        arguments: IPVersion.allCases)
    func endpoints(version: IPVersion) async throws {
        try await withLab { lab in
            try lab.setPlainForwarding(true)
            let server = try await lab.listener(in: .internet, port: 8000, "--echo")
            let client = try lab.connector(
                in: .client, to: LabZone.internet.address(version), port: 8000, "--count", "3", "--keepalive-idle", "5")
            try await client.waitFor("connected", count: 3, within: .seconds(10))
            try await server.waitFor("accepted", count: 3, within: .seconds(10))

            client.perform("send 300000")
            let isEchoed = await eventually(within: .seconds(20)) {
                (1...3).allSatisfy { id in client.events("data").contains { $0.id == id && $0.total == 300_000 } }
            }
            #expect(isEchoed)
            #expect(client.events("corrupt").isEmpty && server.events("corrupt").isEmpty)
            #expect(try await client.tcpState() == "ESTABLISHED")

            client.perform("shutdown 1")
            try await server.waitFor("end", within: .seconds(5))
            client.perform("rst 2")
            let error = try await server.waitFor("error", within: .seconds(5))
            #expect(error.map(\.errno) == ["ECONNRESET"])
            server.perform("read off")
            // Its answer shows that it has read the command before it.
            _ = try await server.tcpState()
            client.perform("rst 3")
            #expect(try await server.waitFor("error", count: 2, within: .seconds(5)).last?.during == "wait")
            client.perform("close 1")
            #expect(await client.process.waitForExit(within: .seconds(5)) == .code(0))
        }
    }
}
