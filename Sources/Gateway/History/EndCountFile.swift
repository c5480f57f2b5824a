import Glibc
internal import FoundationEssentials

/// How many sessions ended for which reason, as each instance has counted: a file of the run directory for each.
enum EndCountFile {
    private static let prefix = "ends-"

    static func path(_ identifier: UInt16, in directory: RunDirectory) -> String {
        "\(directory.path)/\(prefix)\(identifier).json"
    }

    /// Of all instances together, also of those that are gone.
    static func total(in directory: RunDirectory) -> [String: UInt64] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        var total: [String: UInt64] = [:]
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(".json") {
            let counts = try? directory.read([String: UInt64].self, from: "\(directory.path)/\(name)")
            total.merge(counts ?? [:]) { $0 &+ $1 }
        }
        return total
    }
}
