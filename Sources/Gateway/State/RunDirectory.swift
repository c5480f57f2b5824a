internal import FoundationEssentials
import Glibc

/// The directory in which a running gateway keeps what other processes need: `/run/sluice/<gateway>/`.
package struct RunDirectory: Sendable {
    /// The parent directory of all gateways' run directories.
    package static let standardRoot = "/run/sluice"
    /// The remedy if a file in it can't be written.
    static let writeRemedy =
        "free space in /run, or let the gateway write its run directory (df, ls -ld); the gateway then writes it again"

    package let gateway: String
    /// The parent directory of all gateways.
    package let root: String
    package let path: String

    /// - Parameter root: tests give another than ``standardRoot``.
    package init(gateway: String, root: String = RunDirectory.standardRoot) {
        self.gateway = gateway
        self.root = root
        path = "\(root)/\(Self.fileName(gateway))"
    }

    package var lockPath: String { "\(path)/lock" }
    package var controlSocketPath: String { "\(path)/control.sock" }
    /// A copy of the configuration in force.
    package var configurationPath: String { "\(path)/configuration.yaml" }
    /// The numbers of rules by name (`RuleIdentities`), and of zones (`ZoneIdentities`): sessions carry numbers.
    package var rulesPath: String { "\(path)/rules.json" }
    package var zonesPath: String { "\(path)/zones.json" }
    /// The settings of instances (``InstanceSettings``).
    package var instanceSettingsPath: String { "\(path)/instance.json" }
    /// What the flow logs have recorded of the session in each slot (`SlotRecord`).
    package var slotRecordsPath: String { "\(path)/flow-marks" }
    /// The state of an instance's flow log writer (`FlowLogState`).
    package func flowLogStatePath(_ identifier: UInt16) -> String { "\(path)/flow-log-\(identifier).json" }
    package var controllerPath: String { "\(path)/controller.json" }
    /// The state of the fleet (`FleetReport`).
    package var fleetPath: String { "\(path)/fleet.json" }
    /// The traffic counters of the last minute (`TrafficSamples`).
    package var trafficPath: String { "\(path)/traffic.json" }
    /// The lock of the process that serves the HTTP API.
    package var apiLockPath: String { "\(path)/api.lock" }
    /// The socket on which that process asks for changes.
    package var apiSocketPath: String { "\(path)/api.sock" }
    /// The state of the gateway's network namespace (`NetworkNote`).
    package var networkPath: String { "\(path)/network.json" }
    /// The lock of a process that watches packets.
    package var watchLockPath: String { "\(path)/watcher" }
    package func instanceLockPath(_ identifier: UInt16) -> String { "\(path)/instance-\(identifier).lock" }

    /// Makes the directory, readable for its owner only. An existing one keeps the group that may read it.
    package func create() throws(SystemError) {
        for directory in [root, path] {
            if mkdir(directory, 0o700) != 0 && errno != EEXIST { throw SystemError("making \(directory)") }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("protecting \(path)") }
        guard status.st_mode & 0o027 != 0 else { return }
        guard chmod(path, 0o700) == 0 else { throw SystemError("protecting \(path)") }
    }

    /// Removes the directory and the files in it. The lock goes with it, so the caller must hold it.
    package func remove() {
        guard let stream = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
                        String(cString: $0)
                    }
                })
        }
        closedir(stream)
        for name in names where name != "." && name != ".." { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Writes a value as JSON, atomically.
    package func write(_ value: some Encodable, to path: String) throws(SystemError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("a value of type \(type(of: value)) has no JSON form")
        }
        try FileStore.replace(path, with: Array(data) + [UInt8(ascii: "\n")])
    }

    /// Reads a value that ``write(_:to:)`` wrote; nil if the file is missing or has another content.
    package func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(SystemError) -> Value? {
        guard let bytes = try FileStore.read(path) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// A gateway's name as a file name. A `/`, or a dot at the start, would name another directory.
    private static func fileName(_ gateway: String) -> String {
        var result = ""
        for (index, scalar) in gateway.unicodeScalars.enumerated() {
            switch scalar {
            case "/", "%": result += "%" + String(scalar.value, radix: 16, uppercase: true)
            case "." where index == 0: result += "%2E"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
