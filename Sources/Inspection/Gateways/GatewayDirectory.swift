import FoundationEssentials
import Glibc
import Kernel
package import Policy

/// The run directory of one gateway, `/run/sluice/<gateway>`, as a reader sees it. Reading works when the controller is dead.
package struct GatewayDirectory: Sendable {
    package static let root = "/run/sluice"

    package let gateway: String
    package let path: String

    package init(gateway: String, root: String = GatewayDirectory.root) {
        self.gateway = gateway
        self.path = root + "/" + gateway
    }

    /// The gateway of this name; or, where none is named, the only one that is in the kernel.
    package static func resolve(_ name: String?) throws(InspectionError) -> String {
        try resolve(name, known: Datapath.gateways())
    }

    /// Pure: `known` are the gateways in the kernel.
    package static func resolve(_ name: String?, known: [String]) throws(InspectionError) -> String {
        if let name {
            guard known.contains(name) else { throw .noGateway(name: name, known: known) }
            return name
        }
        guard let only = known.first else { throw .noGateway(name: nil, known: []) }
        guard known.count == 1 else { throw .ambiguous(known) }
        return only
    }

    /// Where the copy of the active configuration is.
    package var configurationPath: String { path + "/configuration.yaml" }

    /// The configuration that is active.
    package func configuration() throws(InspectionError) -> Configuration {
        do {
            return try Configuration.read(path: configurationPath)
        } catch {
            throw .configuration(error)
        }
    }

    /// The numbers of rules; none where the file is not there yet.
    package func ruleIdentities() throws(InspectionError) -> RuleIdentities {
        try read("rules.json", as: RuleIdentities.self) ?? RuleIdentities()
    }

    /// The numbers of zones; none where the file is not there yet.
    package func zoneIdentities() throws(InspectionError) -> ZoneIdentities {
        try read("zones.json", as: ZoneIdentities.self) ?? ZoneIdentities()
    }

    /// The controller's process, if it runs: whoever holds the lock.
    package func controllerProcess() -> Int32? {
        let descriptor = open(path + "/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // A shared lock that can be had at once means that nobody holds the exclusive one. It goes with the descriptor.
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        return text("lock").flatMap { Int32($0.prefix { $0.isNumber }) }
    }

    /// What the controller says is wrong, as far as it has said.
    package func controllerProblems() throws(InspectionError) -> [String] {
        try read("controller.json", as: ControllerNote.self)?.problems ?? []
    }

    /// The part of `controller.json` that a reader needs.
    private struct ControllerNote: Decodable {
        let problems: [String]
    }

    private func read<Value: Decodable>(_ name: String, as type: Value.Type) throws(InspectionError) -> Value? {
        guard let text = text(name) else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw .file(path: path + "/" + name, reason: "is damaged: \(error)")
        }
    }

    private func text(_ name: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path + "/" + name) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
