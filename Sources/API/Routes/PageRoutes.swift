internal import FoundationEssentials
import HTTPTypes

extension Service {
    /// One route for each file of the page, and the route of the OpenAPI document.
    var pageRoutes: [Route] {
        PageFile.all.map { file in
            Route(.get, file.route, .none) { call throws(Problem) in file.answer(call) }
        }
    }
}

/// A file that is embedded in the binary.
struct PageFile: Sendable {
    let route: String
    let type: String
    let bytes: [UInt8]
    /// An entity tag that changes with the content (RFC 9110, 8.8.3).
    let tag: String

    /// Content-Security-Policy: everything comes from this server, and nothing is inline.
    private static let policy =
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static let all: [PageFile] = EmbeddedFiles.all.compactMap { path, base64 in
        guard let bytes = Data(base64Encoded: "\(base64)") else {
            preconditionFailure("\(path) was not embedded whole")
        }
        return PageFile(path: path, bytes: Array(bytes))
    }

    init(path: String, bytes: [UInt8]) {
        route = path == "index.html" ? "/" : "/\(path)"
        type = Self.type(of: path)
        self.bytes = bytes
        tag = "\"\(String(Self.hash(bytes), radix: 16))\""
    }

    func answer(_ call: Call) -> Answer {
        var answer = Answer(type: type, bytes)
        let known = call.headers[.ifNoneMatch]?.split(separator: ",").map { $0.filter { $0 != " " } } ?? []
        if known.contains(where: { $0 == tag || $0 == "W/\(tag)" || $0 == "*" }) {
            answer.status = 304
            answer.content = .bytes([])
        }
        answer.headers[.eTag] = tag
        // The browser keeps the file and validates it each time: a new binary has a new page.
        answer.headers[.cacheControl] = "no-cache"
        answer.headers[.contentSecurityPolicy] = Self.policy
        return answer
    }

    private static func type(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "json": Answer.jsonType
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a, 64 bits. A collision would give nobody an advantage.
    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
