internal import FoundationEssentials
import HTTPTypes

/// One request as a route sees it: the client is authorized, and the body is complete.
struct Call: Sendable {
    /// The values of the names in the path template.
    var parameters: [String: String] = [:]
    var query: [Target.Parameter] = []
    var headers: HTTPFields = [:]
    var body: [UInt8] = []
    /// The token of the request, which the control socket checks again; nil if none was needed.
    var token: String?
    /// Whether the client is still connected.
    var isConnected: @Sendable () -> Bool = { true }

    /// Parses the body as a JSON object.
    func object() throws(Problem) -> Object { try Object(parsing: body) }

    /// A JSON object in a request. Every key must be known and have the right type.
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
                throw Problem(.badRequest, "the body is not a JSON object", remedy: remedy)
            }
        }

        func check(known: [String]) throws(Problem) {
            for key in values.keys.sorted() where !known.contains(key) {
                throw Problem(
                    .badRequest, "the key '\(key)' is not known here",
                    remedy: known.isEmpty ? "remove it" : "write one of \(known.joined(separator: ", "))", field: key
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
            Problem(.badRequest, "'\(key)' has a wrong value", remedy: "write \(what)", field: key)
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
