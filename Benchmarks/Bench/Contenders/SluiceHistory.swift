import FoundationEssentials
import Lab

/// What `sluice event list --json` says, as far as the benchmark asks.
struct SluiceHistory {
    struct Event: Decodable {
        let id: Int
        let time: String
        let kind: String
        let subject: String

        /// Since 1970; nil where the text is no such time.
        var seconds: Double? { SluiceHistory.seconds(time) }
    }

    let events: [Event]

    init(of gateway: LabGateway) async throws {
        let result = try await gateway.command("event", "list", "--json").required()
        do {
            events = try JSONDecoder().decode([Event].self, from: Data(result.output.utf8))
        } catch {
            throw BenchError.answer(of: result.command, said: result.everythingSaid)
        }
    }

    /// Of a time as RFC 3339 writes it, with its fraction: `2026-03-01T12:00:00.123456789Z`.
    static func seconds(_ text: String) -> Double? {
        guard text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1)
        guard let whole = parts.first, let date = try? Date("\(whole)Z", strategy: .iso8601) else { return nil }
        guard parts.count == 2 else { return date.timeIntervalSince1970 }
        guard let fraction = Double("0." + parts[1]) else { return nil }
        return date.timeIntervalSince1970 + fraction
    }
}
