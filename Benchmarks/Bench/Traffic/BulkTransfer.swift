import FoundationEssentials
import Lab

/// iperf3 between two hosts of a lab: a server that stays, and a client for each transfer.
final class BulkTransfer {
    static let port = 5201
    private let lab: Lab
    private let server: ChildProcess
    private let client: LabPlace
    private let address: String
    private let prefix: [String]

    /// What a transfer came to.
    struct Outcome {
        let bytes: Double
        let bitsPerSecond: Double
        /// CPU time of both ends, with what the kernel did in their names, for each byte.
        let cpuNanosecondsPerByte: Double
    }

    /// Both ends run on one processor if `core` is given.
    ///
    /// - Parameter address: whom the client connects to in order to reach the service.
    init(
        _ lab: Lab, from client: LabPlace, to address: String = LabZone.internet.address, core: Int? = nil
    ) async throws {
        self.lab = lab
        self.address = address
        self.client = client
        prefix = (core.map { ["taskset", "-c", String($0)] } ?? []) + ["nice", "-n", "-20"]
        server = try lab.spawn(in: .internet, prefix + ["iperf3", "-s", "-p", String(Self.port), "--forceflush"])
        try await server.waitForText("Server listening", within: .seconds(10))
    }

    func run(streams: Int, seconds: Int) async throws -> Outcome {
        let result = try await lab.execute(
            in: client,
            prefix + [
                "iperf3", "-c", address, "-p", String(Self.port), "-t", String(seconds), "-P",
                String(streams), "-J",
            ], within: .seconds(seconds + 30)
        ).required()
        let report: Report
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            report = try decoder.decode(Report.self, from: Data(result.output.utf8))
        } catch {
            throw BenchError.answer(of: result.command, said: result.everythingSaid)
        }
        let received = report.end.sumReceived
        let cpuPercent = report.end.cpuUtilizationPercent.hostTotal + report.end.cpuUtilizationPercent.remoteTotal
        return Outcome(
            bytes: received.bytes, bitsPerSecond: received.bitsPerSecond,
            cpuNanosecondsPerByte: cpuPercent / 100 * received.seconds * 1e9 / received.bytes)
    }

    func end() async {
        await server.terminate()
    }

    /// iperf3's own names, but for their underscores.
    private struct Report: Decodable {
        struct End: Decodable {
            let sumReceived: Sum
            let cpuUtilizationPercent: Utilization
        }
        struct Sum: Decodable {
            let bytes: Double
            let seconds: Double
            let bitsPerSecond: Double
        }
        struct Utilization: Decodable {
            let hostTotal: Double
            let remoteTotal: Double
        }
        let end: End
    }
}
