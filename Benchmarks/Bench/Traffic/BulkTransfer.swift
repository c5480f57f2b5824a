import FoundationEssentials
import Glibc
import Lab

/// iperf3 between two hosts of a lab: one server for all transfers, and a client for each transfer.
final class BulkTransfer {
    static let port = 5201
    private let lab: Lab
    private let server: ChildProcess
    private let client: LabPlace
    private let address: String
    private let clientPrefix: [String]
    /// Linux's default, regardless of this machine's setting. BBR sends from timers that may run on any CPU, so
    /// segments overtake each other between two namespaces and are retransmitted.
    private static let congestionControl = "cubic"

    enum Length {
        case seconds(Int)
        case bytes(Int)

        fileprivate var arguments: [String] {
            switch self {
            case .seconds(let seconds): ["-t", String(seconds)]
            case .bytes(let bytes): ["-n", String(bytes)]
            }
        }
    }

    /// The result of a transfer.
    struct Outcome {
        let bytes: Double
        let bitsPerSecond: Double
        /// CPU time of both ends from the scheduler's statistics, including the kernel's work on their behalf, and the
        /// start of the client.
        let cpuNanoseconds: Int
    }

    /// - Parameters:
    ///   - address: the address that the client connects to in order to reach the service.
    ///   - cores: the CPUs of the client and of the server.
    init(
        _ lab: Lab, from client: LabPlace, to address: String = LabZone.internet.address,
        cores: (client: Int, server: Int)
    ) async throws {
        self.lab = lab
        self.address = address
        self.client = client
        clientPrefix = Self.prefix(core: cores.client)
        server = try lab.spawn(
            in: .internet,
            Self.prefix(core: cores.server) + ["iperf3", "-s", "-p", String(Self.port), "--forceflush"])
        try await server.waitForText("Server listening", within: .seconds(10))
    }

    private static func prefix(core: Int) -> [String] {
        ["taskset", "-c", String(core), "nice", "-n", "-20"]
    }

    /// No other child of this process may end meanwhile: its CPU time would count.
    func run(streams: Int, _ length: Length) async throws -> Outcome {
        let before = try cpuNanoseconds()
        let result = try await lab.execute(
            in: client,
            clientPrefix + [
                "iperf3", "-c", address, "-p", String(Self.port), "-P", String(streams), "-C",
                Self.congestionControl, "-J",
            ] + length.arguments, within: .seconds(60)
        ).required()
        let spent = try cpuNanoseconds() - before
        let report: Report
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            report = try decoder.decode(Report.self, from: Data(result.output.utf8))
        } catch {
            throw BenchError.answer(of: result.command, was: result.allOutput)
        }
        let received = report.end.sumReceived
        return Outcome(bytes: received.bytes, bitsPerSecond: received.bitsPerSecond, cpuNanoseconds: spent)
    }

    /// That of the server so far, and of all clients that have ended.
    private func cpuNanoseconds() throws -> Int {
        var children = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &children)
        let times = [children.ru_utime, children.ru_stime]
        return try times.reduce(CPUMeter.runtime(ofProcess: server.identifier)) {
            $0 + $1.tv_sec * 1_000_000_000 + $1.tv_usec * 1000
        }
    }

    func end() async {
        await server.terminate()
    }

    /// The field names of iperf3, without underscores.
    private struct Report: Decodable {
        struct End: Decodable {
            let sumReceived: Sum
        }
        struct Sum: Decodable {
            let bytes: Double
            let bitsPerSecond: Double
        }
        let end: End
    }
}
