import FoundationEssentials

/// The whole run, for programs.
struct BenchReport: Codable {
    var machine: MachineFacts
    var usage: MachineUsage
    /// Whether rounds were fewer and shorter than needed for publication.
    var isQuick: Bool
    var rows: [RowReport]
    /// Rows that could not be measured, and why.
    var failures: [String: String]

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
