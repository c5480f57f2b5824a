import FoundationEssentials
import Glibc
import Policy
package import Store

/// Selects a history: that of a running gateway, or of one that has run here.
package struct HistoryLocation: Equatable, Sendable {
    package let gateway: String
    package let path: String
    /// The directory for all gateways; each gateway's history is in a folder of its own there.
    package var stateDirectory: String { path.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } }

    package init(gateway: String, path: String) {
        self.gateway = gateway
        self.path = path
    }

    ///   - gateway: its name; nil: the running one, or the only one with a history.
    ///   - stateDirectory: nil: from the configuration of the running gateway, or the default.
    package static func find(gateway: String?, stateDirectory: String?) throws(InspectionError) -> HistoryLocation {
        let running = try? GatewayDirectory.resolve(gateway)
        let configured = (running ?? gateway).flatMap {
            try? GatewayDirectory(gateway: $0).configuration().stateDirectory
        }
        let directory = stateDirectory ?? configured ?? HistoryPath.standardDirectory
        let name = try choose(
            gateway: gateway, running: running, known: histories(in: directory), in: directory,
            isNamed: stateDirectory != nil)
        return HistoryLocation(gateway: name, path: HistoryPath.of(gateway: name, in: directory))
    }

    /// Pure: chooses from the known histories.
    ///
    /// - Parameter isNamed: whether the directory was given: then only the histories in it count, whatever runs elsewhere.
    package static func choose(
        gateway: String?, running: String?, known: [String], in directory: String, isNamed: Bool = false
    ) throws(InspectionError) -> String {
        if let gateway { return gateway }
        if let running, !isNamed || known.contains(running) { return running }
        guard known.count <= 1 else { throw .manyHistories(known, directory: directory) }
        guard let only = known.first else { throw .noHistory(directory: directory) }
        return only
    }

    /// The gateways that have a history.
    ///
    /// - Parameter directory: nil: the default.
    package static func known(in directory: String?) -> [String] {
        histories(in: directory ?? HistoryPath.standardDirectory)
    }

    private static func histories(in directory: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { access(HistoryPath.of(gateway: $0, in: directory), F_OK) == 0 }.sorted()
    }

    package func open() throws(InspectionError) -> HistoryReader {
        do {
            return try HistoryReader(path: path)
        } catch {
            throw .history(error)
        }
    }
}
