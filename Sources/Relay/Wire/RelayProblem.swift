/// An error that a control client gets: the text and the HTTP status. The texts are toxiproxy's, because its clients
/// compare them.
package struct RelayProblem: Error, Equatable, Sendable {
    package var message: String
    package var status: Int

    package init(_ message: String, status: Int) {
        self.message = message
        self.status = status
    }

    package static func badBody(_ why: String) -> RelayProblem { RelayProblem("bad request body: \(why)", status: 400) }
    package static func missing(_ field: String) -> RelayProblem {
        RelayProblem("missing required field: \(field)", status: 400)
    }
    package static let proxyNotFound = RelayProblem("proxy not found", status: 404)
    package static let proxyExists = RelayProblem("proxy already exists", status: 409)
    package static let invalidStream = RelayProblem(
        "stream was invalid, can be either upstream or downstream", status: 400)
    package static let invalidToxicType = RelayProblem("invalid toxic type", status: 400)
    package static let toxicExists = RelayProblem("toxic already exists", status: 409)
    package static let toxicNotFound = RelayProblem("toxic not found", status: 404)

    /// Not toxiproxy's: it has no limits.
    package static func tooMany(_ what: String, limit: Int) -> RelayProblem {
        RelayProblem("too many \(what): the limit is \(limit)", status: 400)
    }

    /// `{"error":"proxy not found","status":404}`
    package var members: [WireMember] {
        [
            WireMember(key: "error", value: .string(message)),
            WireMember(key: "status", value: .integer(status)),
        ]
    }
}

extension WireValue {
    /// Reads a body into a value.
    static func body(_ bytes: [UInt8]) throws(RelayProblem) -> WireValue {
        do throws(WireSyntaxError) {
            return try WireReader.read(bytes)
        } catch {
            throw .badBody(error.text)
        }
    }

    /// Calls `body` for each member whose value is not null, with its key in lower case: Go's decoder ignores case, and
    /// null changes nothing. A key that occurs twice is passed twice, so the last one wins. null has no members.
    func eachMember(
        ofType goType: String, _ body: (String, WireValue) throws(RelayProblem) -> Void
    ) throws(RelayProblem) {
        switch self {
        case .null: return
        case .object(let members):
            for member in members where member.value != .null { try body(member.key.lowercased(), member.value) }
        default: throw .badBody("json: cannot unmarshal \(kindWord) into Go value of type \(goType)")
        }
    }

    func asString(_ field: String) throws(RelayProblem) -> String {
        guard case .string(let text) = self else { throw mismatch(field, "string") }
        return text
    }

    func asBool(_ field: String) throws(RelayProblem) -> Bool {
        guard case .bool(let value) = self else { throw mismatch(field, "bool") }
        return value
    }

    func asInteger(_ field: String, _ goType: String = "int64") throws(RelayProblem) -> Int64 {
        guard case .number(let digits) = self, let value = Int64(digits) else { throw mismatch(field, goType) }
        return value
    }

    func asFloat(_ field: String) throws(RelayProblem) -> Float {
        guard case .number(let digits) = self, let value = Float(digits), value.isFinite else {
            throw mismatch(field, "float32")
        }
        return value
    }

    /// Go names the digits of a number only where a number was asked for.
    private func mismatch(_ field: String, _ goType: String) -> RelayProblem {
        let kind = goType == "string" || goType == "bool" ? kindWord : kindName
        return .badBody("json: cannot unmarshal \(kind) into Go struct field \(field) of type \(goType)")
    }

    private var kindWord: String { if case .number = self { "number" } else { kindName } }
}
