import FoundationEssentials
import Lab
import Testing

extension LabTests {
    @Test(
        "SESS-8 iperf3: bulk data in both directions over IPv4 and IPv6, without a segment dropped as out of window",
        arguments: [1500, 9000])
    func iperf(mtu: Int) async throws {
        let everywhere = Dictionary(uniqueKeysWithValues: LabZone.allCases.map { ($0, mtu) })
        try await withGateway(mtu: everywhere) { lab, gateway in
            let server = try lab.spawn(in: .internet, ["iperf3", "--server", "--forceflush"])
            try await server.waitForText("Server listening", within: .seconds(10))
            for version in IPVersion.allCases {
                for direction in [[], ["--reverse"]] {
                    let command = [
                        "iperf3", "--client", LabZone.internet.address(version), "--bytes", "200M", "--parallel", "4",
                        "--json",
                        "--connect-timeout", "5000",
                    ]
                    let result = try await lab.execute(in: .client, command + direction, within: .seconds(120))
                        .required()
                    let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
                    // The receiver stops counting when the sender has sent everything: its count may lack the last
                    // window. The test with curl proves that every byte arrives.
                    #expect(report.end.sumSent.bytes >= 200 << 20, "\(version), \(direction)")
                    #expect(report.end.sumReceived.bytes >= 150 << 20, "\(version), \(direction)")
                    #expect(report.start.tcpMaximumSegment ?? 0 > mtu - 100, "the segments use the MTU")
                }
            }
            let unjust = try await DropStatus.read(from: gateway).unjust
            #expect(unjust == [:])
        }
    }

    @Test(
        "SESS-8 curl: a file of 200 MB arrives unchanged, over IPv4 and IPv6",
        arguments: [1500, 9000])
    func download(mtu: Int) async throws {
        let everywhere = Dictionary(uniqueKeysWithValues: LabZone.allCases.map { ($0, mtu) })
        try await withGateway(mtu: everywhere) { lab, gateway in
            let file = lab.directory + "/file"
            try await lab.execute(in: .internet, ["sh", "-c", "head -c 200M /dev/urandom >\(file)"]).required()
            _ = try await lab.fileServer(in: .internet, port: 8080, path: file)
            let expected = try await lab.execute(in: .internet, ["sha256sum", file]).required().output.prefix(64)
            for version in IPVersion.allCases {
                let host = version == .six ? "[\(LabZone.internet.address6)]" : LabZone.internet.address
                let script = """
                    set -e
                    curl --silent --show-error --fail --noproxy '*' --output \(file).got 'http://\(host):8080/file'
                    sha256sum \(file).got
                    """
                let result = try await lab.execute(in: .client, ["sh", "-c", script], within: .seconds(120)).required()
                #expect(result.output.prefix(64) == expected, "\(version)")
            }
            let unjust = try await DropStatus.read(from: gateway).unjust
            #expect(unjust == [:])
        }
    }
}

/// The fields of iperf3's report that these tests use.
private struct Report: Decodable {
    struct Start: Decodable {
        let tcpMaximumSegment: Int?

        enum CodingKeys: String, CodingKey {
            case tcpMaximumSegment = "tcp_mss_default"
        }
    }

    struct End: Decodable {
        let sumSent: Sum
        let sumReceived: Sum

        enum CodingKeys: String, CodingKey {
            case sumSent = "sum_sent"
            case sumReceived = "sum_received"
        }
    }

    struct Sum: Decodable {
        let bytes: Int
    }

    let start: Start
    let end: End
}
