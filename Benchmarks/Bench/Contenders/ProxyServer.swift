import Lab

/// HAProxy on a gateway, in a typical setup for TCP services: allowed clients are configured, and data is spliced.
final class ProxyServer {
    let process: ChildProcess

    init(_ lab: Lab) async throws {
        let path = try lab.write(Self.configuration, to: "haproxy.cfg")
        let process = try lab.spawn(in: .gateway, ["haproxy", "-db", "-f", path])
        self.process = process
        let port = String(BulkTransfer.port)
        let listens = try await eventually(within: .seconds(10), every: .milliseconds(100)) {
            try await !lab.execute(in: .gateway, ["ss", "-Hltn", "sport = :\(port)"]).required().output.isEmpty
        }
        guard listens else { throw BenchError.answer(of: process.command, was: process.allOutput) }
    }

    func end() async {
        await process.terminate()
    }

    /// A server without a port is reached at the port that the client connected to.
    private static let configuration = """
        global
            maxconn 4096
        defaults
            mode tcp
            option splice-auto
            timeout connect 5s
            timeout client 1h
            timeout server 1h
        listen services
            bind \(LabZone.client.gatewayAddress):\(ShortConnectionRow.ports.lowerBound)-\(ShortConnectionRow.ports.upperBound - 1)
            bind \(LabZone.client.gatewayAddress):\(BulkTransfer.port)
            tcp-request connection reject if !{ src \(BenchRule.matching.source) }
            server service \(LabZone.internet.address)

        """
}
