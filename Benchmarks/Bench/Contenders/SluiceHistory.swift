import FoundationEssentials
import Lab

/// The parts of `sluice event list --json` that the benchmark uses.
struct SluiceHistory {
    struct Event: Decodable {
        let id: Int
        let time: String
        let kind: String
        let subject: String

        /// Seconds since 1970; nil if the text is not a valid time.
        var seconds: Double? { SluiceHistory.seconds(time) }
    }

    let events: [Event]

    init(of gateway: LabGateway) async throws {
        let result = try await gateway.command("event", "list", "--json").required()
        do {
            events = try JSONDecoder().decode([Event].self, from: Data(result.output.utf8))
        } catch {
            throw BenchError.answer(of: result.command, was: result.allOutput)
        }
    }

    /// Parses a time in RFC 3339 with a fraction: `2026-03-01T12:00:00.123456789Z`.
    static func seconds(_ text: String) -> Double? {
        guard text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1)
        guard let whole = parts.first, let date = try? Date("\(whole)Z", strategy: .iso8601) else { return nil }
        guard parts.count == 2 else { return date.timeIntervalSince1970 }
        guard let fraction = Double("0." + parts[1]) else { return nil }
        return date.timeIntervalSince1970 + fraction
    }
}
