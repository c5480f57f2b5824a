internal import FoundationEssentials

/// A value to be stored under a key, across restarts of the controller, such as the fleet's snapshot or the progress of
/// a maintenance.
package struct StateChange: Equatable, Sendable {
    package let key: String
    /// JSON; nil: the key is to be removed.
    let json: String?

    /// Stores a value.
    package static func set(_ key: String, _ value: some Encodable) -> StateChange {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("the state '\(key)' of type \(type(of: value)) has no JSON form")
        }
        return StateChange(key: key, json: String(decoding: data, as: UTF8.self))
    }

    /// Removes a key.
    package static func remove(_ key: String) -> StateChange { StateChange(key: key, json: nil) }

    static func decode<Value: Decodable>(_ type: Value.Type, from json: String) -> Value? {
        try? JSONDecoder().decode(type, from: Data(json.utf8))
    }
}
