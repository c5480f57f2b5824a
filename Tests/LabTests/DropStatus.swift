import FoundationEssentials
import Lab

/// The fields of `sluice status --json` that these tests use.
struct DropStatus: Decodable {
    /// Packets dropped, by reason.
    let drops: [String: Int]

    static func read(from gateway: LabGateway) async throws -> DropStatus {
        let result = try await gateway.command("status", "--json").required()
        return try JSONDecoder().decode(DropStatus.self, from: Data(result.output.utf8))
    }

    /// Drops that no well-behaved session may cause.
    var unjust: [String: Int] {
        let reasons = [
            "malformed", "unsupported", "fragment", "outOfWindow", "invalidReset", "invalidFlags", "wrongZone",
        ]
        return drops.filter { reasons.contains($0.key) && $0.value > 0 }
    }
}
