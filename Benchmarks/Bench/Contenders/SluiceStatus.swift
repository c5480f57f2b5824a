import FoundationEssentials
import Lab

/// The parts of `sluice status --json` that the benchmark uses.
struct SluiceStatus: Decodable {
    struct Sessions: Decodable {
        let count: Int
        let capacity: Int
        let byState: [String: Int]

        var established: Int { byState["established"] ?? 0 }
    }
    struct Memory: Decodable {
        let totalBytes: Int
        let bytesPerSession: Double
    }
    struct Instance: Decodable {
        let processIdentifier: Int32
        let scanShare: Double
    }

    let sessions: Sessions
    let memory: Memory
    let instances: [Instance]
    let drops: [String: Int]

    init(of gateway: LabGateway) async throws {
        // Its exit code reports the health, and a gateway under load may be degraded.
        let result = try await gateway.command("status", "--json")
        do {
            self = try JSONDecoder().decode(SluiceStatus.self, from: Data(result.output.utf8))
        } catch {
            throw BenchError.answer(of: result.command, was: result.allOutput)
        }
    }
}
