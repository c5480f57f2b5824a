import FoundationEssentials
import Lab

/// Requests to a gateway's HTTP API, made and timed by curl, one after the other on one connection.
struct HTTPRequests {
    static let port: UInt16 = 8686
    static let host = "127.0.0.1:\(port)"

    let lab: Lab
    let path: String
    var header: String?

    private struct Timing: Decodable {
        let status: Int
        let bytes: Int
        let seconds: Double

        enum CodingKeys: String, CodingKey {
            case status = "http_code"
            case bytes = "size_download"
            case seconds = "time_total"
        }
    }

    struct Outcome {
        var milliseconds: [Double] = []
        /// Bytes of the last answer's body.
        var bytes = 0
    }

    /// - Throws: if an answer is not 200.
    func perform(_ count: Int) async throws -> Outcome {
        let headers = header.map { ["-H", $0] } ?? []
        let urls = Array(repeating: "http://\(Self.host)\(path)", count: count)
        let outputs = Array(repeating: ["-o", "/dev/null"], count: count).flatMap(\.self)
        // With --write-out for each URL, curl ends a line for each.
        let result = try await lab.execute(
            in: .gateway, ["curl", "-sS", "--max-time", "30", "-w", "%{json}\n"] + headers + outputs + urls
        ).required()
        var outcome = Outcome()
        for line in result.output.split(separator: "\n") {
            let timing = try JSONDecoder().decode(Timing.self, from: Data(line.utf8))
            guard timing.status == 200 else { throw BenchError.answer(of: path, was: "\(timing.status)") }
            outcome.milliseconds.append(timing.seconds * 1000)
            outcome.bytes = timing.bytes
        }
        guard outcome.milliseconds.count == count else {
            throw BenchError.answer(of: result.command, was: result.allOutput)
        }
        return outcome
    }
}
