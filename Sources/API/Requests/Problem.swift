internal import FoundationEssentials
import Inspection

/// Why a request is refused or failed: RFC 9457, with the messages of the command line (API-3).
struct Problem: Error, Equatable, Sendable {
    /// The kind of problem, for programs: the last part of the document's `type`.
    enum Kind: String, Sendable, CaseIterable {
        case badRequest = "bad-request"
        case unauthorized, forbidden
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case conflict
        case tooLarge = "too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case misdirected
        /// Each part is valid, but not their combination.
        case contradiction
        case invalidPolicy = "invalid-policy"
        case tooManyRequests = "too-many-requests"
        case failed
        case unavailable

        var status: Int {
            switch self {
            case .badRequest: 400
            case .unauthorized: 401
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .conflict: 409
            case .tooLarge: 413
            case .unsupportedMediaType: 415
            case .misdirected: 421
            case .contradiction, .invalidPolicy: 422
            case .tooManyRequests: 429
            case .failed: 500
            case .unavailable: 503
            }
        }

        var title: String {
            switch self {
            case .badRequest: "The request is not valid"
            case .unauthorized: "A token is needed"
            case .forbidden: "The token does not allow this"
            case .notFound: "Not found"
            case .methodNotAllowed: "Method not allowed"
            case .conflict: "Not possible in this state"
            case .tooLarge: "The request is too large"
            case .unsupportedMediaType: "The body must be JSON"
            case .misdirected: "Wrong host"
            case .contradiction: "The parts of the request contradict each other"
            case .invalidPolicy: "The configuration has mistakes"
            case .tooManyRequests: "Too many requests"
            case .failed: "Internal error"
            case .unavailable: "Temporarily unavailable"
            }
        }
    }

    let kind: Kind
    let detail: String
    /// What to do next.
    let remedy: String
    /// The parameter or key that is wrong; nil if it is about the whole request.
    var field: String?
    /// The mistakes of a configuration, for ``Kind/invalidPolicy``.
    var report: ConfigurationReport?
    /// Seconds until it makes sense to try again.
    var retryAfterSeconds: Int?
    /// The methods that are allowed, for ``Kind/methodNotAllowed``.
    var allowed: [String] = []

    init(_ kind: Kind, _ detail: String, remedy: String, field: String? = nil) {
        self.kind = kind
        self.detail = detail
        self.remedy = remedy
        self.field = field
    }

    /// An error of the command line: the first line says what is wrong, the second begins with `next: ` and says what
    /// to do.
    init(_ kind: Kind, lines error: any Error, remedy: String) {
        let parts = "\(error)".split(separator: "\n", maxSplits: 1).map(String.init)
        let next = parts.count > 1 && parts[1].hasPrefix("next: ") ? String(parts[1].dropFirst("next: ".count)) : nil
        self.init(kind, next == nil ? "\(error)" : parts[0], remedy: next ?? remedy)
    }

    var body: [UInt8] {
        struct Document: Encodable {
            let type, title: String
            let status: Int
            let detail, remedy: String
            let field: String?
            let report: ConfigurationReport?
        }
        let document = Document(
            type: "urn:sluice:problem:\(kind.rawValue)", title: kind.title, status: kind.status, detail: detail,
            remedy: remedy, field: field, report: report)
        return Array(((try? JSONText.of(document)) ?? "{}\n").utf8)
    }
}
