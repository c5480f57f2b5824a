import Lab
import Testing

extension LabTests {
    @Test("SESS-7 ping: echo requests and replies pass, small, large and in fragments", arguments: IPVersion.allCases)
    func ping(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            for zone in [LabZone.peer, .internet] {
                // 4000 bytes go in three fragments.
                for size in ["56", "1400", "4000"] {
                    let result = try await lab.execute(
                        in: .client,
                        [
                            "ping", "-\(version.rawValue)", "-c", "3", "-i", "0.2", "-W", "3", "-s", size,
                            zone.address(version),
                        ])
                    #expect(result.output.contains("3 received"), "\(zone), \(size) bytes: \(result.allOutput)")
                }
            }
            // The gateway answers pings to its own address.
            let own = try await lab.execute(
                in: .client, ["ping", "-c", "1", "-W", "3", LabZone.client.gatewayAddress(version)])
            #expect(own.succeeded, "\(own.allOutput)")
        }
    }

    @Test(
        "SESS-7 traceroute with UDP, ICMP and TCP: the gateway is a hop with its own address",
        arguments: IPVersion.allCases)
    func traceroute(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            // iperf3's port is allowed and closed: the last hop answers with a reset.
            for method in [[], ["--icmp"], ["--tcp", "--port=5201"]] {
                let command = ["traceroute", "-\(version.rawValue)", "-n", "-q", "1", "-m", "4", "-w", "3"]
                let target = LabZone.internet.address(version)
                let result = try await lab.execute(in: .client, command + method + [target], within: .seconds(60))
                let hops = result.output.split(separator: "\n").dropFirst().map { line in
                    line.split(separator: " ").prefix(2).joined(separator: " ")
                }
                #expect(
                    hops == ["1 \(LabZone.client.gatewayAddress(version))", "2 \(target)"], "\(result.allOutput)")
            }
        }
    }

    @Test(
        "SESS-7 path MTU: 'too big' reaches the sender of large packets, and bulk data continues",
        arguments: IPVersion.allCases)
    func pathMTU(version: IPVersion) async throws {
        let probe =
            "name: tracepath, priority: 130, access: Allow, protocol: Udp, source: [\"*\"], "
            + "destination: [\"*\"], destinationPorts: [44444-44500]"
        try await withGateway(mtu: [.client: 9000, .internet: 1500], rules: [probe]) { lab, _ in
            let target = LabZone.internet.address(version)
            // The server announces a large MSS. So the client sends large segments, and must receive 'too big'.
            let claim =
                ["ip", "-\(version.rawValue)", "route", "change", "default"]
                + ["via", LabZone.internet.gatewayAddress(version), "dev", LabZone.hostInterface, "advmss", "8900"]
            try await lab.execute(in: .internet, claim).required()
            let capture = try await lab.capture(in: .client, filter: "icmp or icmp6")
            let server = try await lab.listener(in: .internet, port: 8000, "--quiet")
            let client = try lab.connector(in: .client, to: target, port: 8000)
            try await client.waitFor("connected", within: .seconds(10))
            client.perform("send 20000000")
            client.perform("shutdown")
            let end = try await server.waitFor("end", within: .seconds(60))
            #expect(end.first?.total == 20_000_000)
            #expect(server.events("corrupt").isEmpty)
            let told = version == .four ? "need to frag (mtu 1500)" : "packet too big, mtu 1500"
            try await capture.waitForPackets(with: told, within: .seconds(5))

            let route = try await lab.execute(in: .client, ["ip", "-\(version.rawValue)", "route", "get", target])
            #expect(route.output.contains("mtu 1500"), "\(route.allOutput)")
            let path = try await lab.execute(
                in: .client, ["tracepath", "-\(version.rawValue)", "-n", "-m", "4", target], within: .seconds(60))
            #expect(path.output.contains("pmtu 1500") && path.output.contains("reached"), "\(path.allOutput)")
        }
    }
}
