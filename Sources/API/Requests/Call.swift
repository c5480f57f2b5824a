internal import FoundationEssentials
import HTTPTypes

/// One request, as a route sees it: who it is from is settled, and its body is complete.
struct Call: Sendable {
    /// What the path's template names, by name.
    var parameters: [String: String] = [:]
    var query: [Target.Parameter] = []
    var headers: HTTPFields = [:]
    var body: [UInt8] = []
    /// The token that it carried, for what the control socket checks again; nil: none was needed.
    var token: String?
    /// Whether the client is still there.
    var isConnected: @Sendable () -> Bool = { true }

    /// The body as an object of known keys.
    func object() throws(Problem) -> Object { try Object(parsing: body) }

    /// A JSON object of a request: every key must be known, and of its kind.
    struct Object: Sendable {
        private let values: [String: Value]

        enum Value: Sendable, Equatable {
            case null
            case boolean(Bool)
            case integer(Int)
            case number(Double)
            case text(String)
            case list([Value])
            case object
        }

        init(parsing bytes: [UInt8]) throws(Problem) {
            let remedy = "write one JSON object, as /openapi.json describes it"
            if bytes.isEmpty {
                values = [:]
                return
            }
            do {
                values = try JSONDecoder().decode([String: Value].self, from: Data(bytes))
            } catch {
                throw Problem(.badRequest, "the body is no JSON object", remedy: remedy)
            }
        }

        func check(known: [String]) throws(Problem) {
            for key in values.keys.sorted() where !known.contains(key) {
                throw Problem(
                    .badRequest, "there is no key '\(key)' here",
                    remedy: known.isEmpty ? "leave it out" : "write one of \(known.joined(separator: ", "))", field: key
                )
            }
        }

        func text(_ key: String) throws(Problem) -> String? {
            switch values[key] {
            case nil: return nil
            case .text(let text): return text
            default: throw wrong(key, "text")
            }
        }

        func integer(_ key: String, _ range: ClosedRange<Int>) throws(Problem) -> Int? {
            switch values[key] {
            case nil: return nil
            case .integer(let number) where range.contains(number): return number
            default: throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
        }

        func boolean(_ key: String) throws(Problem) -> Bool? {
            switch values[key] {
            case nil: return nil
            case .boolean(let value): return value
            default: throw wrong(key, "true or false")
            }
        }

        func required<Result>(_ key: String, _ value: Result?, example: String) throws(Problem) -> Result {
            guard let value else {
                throw Problem(
                    .badRequest, "'\(key)' is missing", remedy: "write for example \"\(key)\": \(example)", field: key)
            }
            return value
        }

        private func wrong(_ key: String, _ what: String) -> Problem {
            Problem(.badRequest, "'\(key)' is not what it must be", remedy: "write \(what)", field: key)
        }
    }
}

extension Call.Object.Value: Decodable {
    init(from decoder: any Decoder) throws {
        if let values = try? [String: Call.Object.Value](from: decoder) {
            _ = values
            self = .object
            return
        }
        if let values = try? [Call.Object.Value](from: decoder) {
            self = .list(values)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }
}
