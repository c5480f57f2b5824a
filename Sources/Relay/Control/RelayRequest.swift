/// A request of a control client, whole.
package struct RelayRequest: Equatable, Sendable {
    package var method: String
    /// Without the query, not decoded.
    package var path: String
    package var userAgent: String
    package var body: [UInt8]

    package init(method: String, path: String, userAgent: String = "", body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.userAgent = userAgent
        self.body = body
    }

    /// The parts of the path between slashes, with percent signs decoded.
    var segments: [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { RelayRequest.decoded($0) }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The answer.
package struct RelayResponse: Equatable, Sendable {
    package var status: Int
    package var contentType: String?
    package var body: String

    static func json(_ value: WireValue, status: Int = 200) -> RelayResponse {
        RelayResponse(status: status, contentType: "application/json", body: value.text)
    }

    /// As Go's `http.Error`: plain text, and a line end.
    static func text(_ text: String, status: Int) -> RelayResponse {
        RelayResponse(status: status, contentType: "text/plain; charset=utf-8", body: text + "\n")
    }

    static let noContent = RelayResponse(status: 204, contentType: nil, body: "")

    static func problem(_ problem: RelayProblem) -> RelayResponse {
        text(WireValue.object(problem.members).text, status: problem.status)
    }
}
