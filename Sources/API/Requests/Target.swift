/// The path and query of a request's target (RFC 9112, 3.2.1), decoded once.
struct Target: Equatable, Sendable {
    /// Begins with `/`.
    let path: String
    /// In the order of the request. A name may occur several times.
    let query: [Parameter]

    struct Parameter: Equatable, Sendable {
        let name: String
        let value: String
    }

    /// - Throws: if the target is not valid.
    init(parsing text: String) throws(Problem) {
        let remedy = "write a path as /openapi.json lists them"
        guard text.hasPrefix("/"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(.badRequest, "the request's target is not a path", remedy: remedy)
        }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = Self.decoded(parts[0], plusIsBlank: false),
            path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw Problem(.badRequest, "the path has a percent-encoding that is not UTF-8", remedy: remedy)
        }
        self.path = path
        var query: [Parameter] = []
        if parts.count > 1, !parts[1].isEmpty {
            for part in parts[1].split(separator: "&", omittingEmptySubsequences: true) {
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard let name = Self.decoded(pair[0], plusIsBlank: true),
                    let value = pair.count > 1 ? Self.decoded(pair[1], plusIsBlank: true) : ""
                else {
                    throw Problem(
                        .badRequest, "the query has a percent-encoding that is not UTF-8",
                        remedy: "encode it as RFC 3986, 2.1 says")
                }
                query.append(Parameter(name: name, value: value))
            }
        }
        self.query = query
    }

    /// Decodes percent-encoding; nil if the result is not UTF-8.
    private static func decoded(_ text: Substring, plusIsBlank: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
