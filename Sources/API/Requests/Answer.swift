import HTTPTypes
import HummingbirdCore
import Inspection
import NIOCore

/// The answer of a route.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var content: Content

    enum Content: Sendable {
        case bytes([UInt8])
        /// Sent piece by piece while the client stays connected.
        case stream(@concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void)
    }

    init(status: Int = 200, type: String, _ bytes: [UInt8]) {
        self.status = status
        headers = [.contentType: type]
        content = .bytes(bytes)
    }

    static let jsonType = "application/json"
    static let problemType = "application/problem+json"
    static let eventStreamType = "text/event-stream"

    /// Exactly the bytes that the command prints with `--json` (API-2).
    static func json(_ value: some Encodable) throws(Problem) -> Answer {
        do {
            return Answer(type: jsonType, Array(try JSONText.of(value).utf8))
        } catch {
            throw Problem(
                .failed, "the answer has no JSON form: \(error)", remedy: "report this as a bug in Sluice")
        }
    }

    static func text(_ text: String) -> Answer { Answer(type: "text/plain; charset=utf-8", Array(text.utf8)) }

    init(_ problem: Problem) {
        self.init(status: problem.kind.status, type: Self.problemType, problem.body)
        if problem.kind == .unauthorized { headers[.wwwAuthenticate] = "Bearer realm=\"sluice\"" }
        if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = "\(seconds)" }
        if !problem.allowed.isEmpty { headers[.allow] = problem.allowed.joined(separator: ", ") }
    }

    init(stream: @escaping @concurrent @Sendable (inout any ResponseBodyWriter) async throws -> Void) {
        status = 200
        headers = [.contentType: Self.eventStreamType]
        content = .stream(stream)
    }

    var isStream: Bool { if case .stream = content { true } else { false } }
}
