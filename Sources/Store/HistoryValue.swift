internal import FoundationEssentials

/// A JSON value in the details of an event.
package enum HistoryValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([HistoryValue])
    case object([String: HistoryValue])

    /// A count. Values that exceed a signed 64-bit integer are clamped.
    package static func count(_ value: some BinaryInteger) -> HistoryValue { .integer(Int64(clamping: value)) }

    /// Any value with a JSON form, such as a record of the fleet's machine.
    package init(_ value: some Encodable) {
        self = (try? JSONDecoder().decode(HistoryValue.self, from: JSONEncoder().encode(value))) ?? .null
    }
}

extension HistoryValue: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([HistoryValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: HistoryValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .boolean(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }
}

extension HistoryValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
}
