import FlowCore

/// The vocabulary's names by raw value, computed once. Computing the name of an enumeration case takes a microsecond,
/// which is too slow for a list of a million sessions.
enum VocabularyNames {
    static let states = table(SessionState.allCases.map { ($0.rawValue, "\($0)") })
    static let onIdle = table(OnIdle.allCases.map { ($0.rawValue, "\($0)") })
    static let endReasons = table(EndReason.allCases.map { ($0.rawValue, $0.name) })
    static let classes = table(TrafficClass.allCases.map { ($0.rawValue, "\($0)") })
    static let directions = table(SessionDirection.allCases.map { ($0.rawValue, "\($0)") })

    /// Names by raw value; `unknown` for unused values.
    private static func table(_ names: [(UInt8, String)]) -> [String] {
        var table = [String](repeating: "unknown", count: 256)
        for (value, name) in names { table[Int(value)] = name }
        return table
    }
}
