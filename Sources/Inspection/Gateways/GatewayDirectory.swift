package import Fleet
package import FlowLog
import FoundationEssentials
import Glibc
package import Kernel
package import Policy

/// The run directory of a gateway, `/run/sluice/<gateway>`, for readers. Can be read without a running controller.
package struct GatewayDirectory: Sendable {
    package static let root = "/run/sluice"

    package let gateway: String
    package let path: String

    package init(gateway: String, root: String = GatewayDirectory.root) {
        self.gateway = gateway
        self.path = root + "/" + gateway
    }

    /// The gateway with this name. Without a name: the gateway in our network namespace, or else the only one.
    package static func resolve(_ name: String?) throws(InspectionError) -> String {
        // Without this check, missing permission would look like a missing gateway.
        if access(BPFFileSystem.path + "/sluice", R_OK | X_OK) != 0, errno == EACCES { throw .notPermitted }
        let known = Datapath.gateways()
        return try resolve(name, known: known, here: known.filter { GatewayDirectory(gateway: $0).isHere })
    }

    /// Pure: `known` are the gateways in the kernel, `here` those in our network namespace.
    package static func resolve(
        _ name: String?, known: [String], here: [String]
    ) throws(InspectionError) -> String {
        if let name {
            guard known.contains(name) else { throw .noGateway(name: name, known: known) }
            return name
        }
        if here.count == 1 { return here[0] }
        guard let only = known.first else { throw .noGateway(name: nil, known: []) }
        guard known.count == 1 else { throw .ambiguous(known) }
        return only
    }

    /// Whether a process of the gateway runs in our network namespace.
    private var isHere: Bool {
        var own = stat()
        guard stat("/proc/self/ns/net", &own) == 0 else { return false }
        return processes().contains { process in
            var other = stat()
            return stat("/proc/\(process)/ns/net", &other) == 0 && other.st_ino == own.st_ino
                && other.st_dev == own.st_dev
        }
    }

    /// The processes that hold or held the gateway's locks: its controller and its instances.
    func processes() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0 == "lock" || $0.hasSuffix(".lock") }.compactMap(process(ofLock:))
    }

    private func process(ofLock name: String) -> Int32? {
        text(name).flatMap { Int32($0.prefix { $0.isNumber }) }
    }

    /// The path of the copy of the active configuration.
    package var configurationPath: String { path + "/configuration.yaml" }

    /// The configuration that is active.
    package func configuration() throws(InspectionError) -> Configuration {
        do {
            return try Configuration.read(path: configurationPath)
        } catch {
            throw .configuration(error)
        }
    }

    /// The numbers of rules; empty if the file does not exist yet.
    package func ruleIdentities() throws(InspectionError) -> RuleIdentities {
        try read("rules.json", as: RuleIdentities.self) ?? RuleIdentities()
    }

    /// The numbers of zones; empty if the file does not exist yet.
    package func zoneIdentities() throws(InspectionError) -> ZoneIdentities {
        try read("zones.json", as: ZoneIdentities.self) ?? ZoneIdentities()
    }

    /// The controller's process, if it runs: the holder of the lock.
    package func controllerProcess() -> Int32? {
        isHeld("lock") ? process(ofLock: "lock") : nil
    }

    /// The process that serves the HTTP API, if it runs.
    package func apiProcess() -> Int32? { isHeld("api.lock") ? process(ofLock: "api.lock") : nil }

    private func isHeld(_ lock: String) -> Bool {
        let descriptor = open("\(path)/\(lock)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // If a shared lock is available at once, nobody holds the exclusive one. It is released with the descriptor.
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    /// The controller's report on the fleet; nil if there is none.
    package func fleetReport() throws(InspectionError) -> FleetReport? { try read("fleet.json", as: FleetReport.self) }

    /// The problems that the controller has reported.
    package func controllerProblems() throws(InspectionError) -> [String] {
        try read("controller.json", as: ControllerNote.self)?.problems ?? []
    }

    /// The controller's binary; nil if it was not reported.
    package func controllerVersion() throws(InspectionError) -> BinaryVersion? {
        try read("controller.json", as: ControllerNote.self)?.version
    }

    /// The longest iteration of the controller's loop in the last minute; nil if it was not reported.
    package func longestTurn() throws(InspectionError) -> LongestIteration? {
        try read("controller.json", as: ControllerNote.self)?.longestTurn
    }

    /// The state of the writing of flow logs, for all instances together.
    package func flowLogState() -> FlowLogState {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        var all = FlowLogState()
        for name in names.sorted() where name.hasPrefix("flow-log-") && name.hasSuffix(".json") {
            // A file that can't be read at this moment is skipped. It is written again within a second.
            guard let state = try? read(name, as: FlowLogState.self) else { continue }
            // Entries that an ended instance could not write are lost.
            let identifier = name.dropFirst("flow-log-".count).dropLast(".json".count)
            if isHeld("instance-\(identifier).lock") {
                all.problem = all.problem ?? state.problem
                all.waitingSince = [all.waitingSince, state.waitingSince].compactMap(\.self).min()
            }
            all.written &+= state.written
            all.omitted += state.omitted
        }
        return all
    }

    /// What happened to packets in the last minute, as recorded by the controller; empty if that can't be read.
    package func trafficSamples() -> TrafficSamples {
        (try? read("traffic.json", as: TrafficSamples.self)) ?? TrafficSamples()
    }

    /// The controller's observations in its network namespace; nil if they do not exist or can't be read.
    package func networkNote() -> NetworkNote? { try? read("network.json", as: NetworkNote.self) }

    /// The part of `controller.json` that a reader needs.
    private struct ControllerNote: Decodable {
        let problems: [String]
        let version: BinaryVersion?
        let longestTurn: LongestIteration?
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
