import Inspection
import Policy

extension GatewayInspector {
    /// The number of a zone of the active configuration.
    func zoneNumber(_ name: String) throws -> UInt8 { try zoneNumber(name, in: try directory.configuration()) }

    /// The number of a zone of the active configuration, which was read already.
    func zoneNumber(_ name: String, in configuration: Configuration) throws -> UInt8 {
        let known = configuration.zones.map(\.name)
        guard known.contains(name), let number = try directory.zoneIdentities().identity(of: name) else {
            throw CommandFailure(
                what: "gateway \(gateway) has no zone \(name)\(WordText.suggestion(for: name, among: known))",
                next: "name one of its zones: \(known.joined(separator: ", "))")
        }
        return number
    }
}
