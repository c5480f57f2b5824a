import ArgumentParser
import Glibc
import Inspection
import Policy

/// Selects a gateway of this machine.
struct GatewayOption: ParsableArguments {
    @Option(
        name: .customLong("gateway"), help: "The gateway's name. Needed only if there are several.",
        completion: Completing.gateways)
    var name: String?

    /// The named gateway, or the only one.
    func resolve() throws -> String { try GatewayDirectory.resolve(name ?? Self.environment) }

    /// The gateway in `SLUICE_GATEWAY`, for commands without the option. Also used as a lab's name.
    static var environment: String? {
        getenv("SLUICE_GATEWAY").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The format of the output.
struct OutputOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Write JSON instead of tables.")
    var isJSON = false
}

/// Reads rules from a file instead of a gateway. No gateway has to run, and nothing is changed.
struct PolicyFileOption: ParsableArguments {
    @Option(
        name: .customLong("file"), help: "Use the rules of this configuration file. No gateway is needed.",
        completion: .file(extensions: ["yaml", "yml"]))
    var path: String?

    /// The file's rules; nil: no file was given. Fails like 'policy check' if the file has mistakes.
    func read() throws -> PolicyFile? {
        guard let path else { return nil }
        do {
            let configuration = try Configuration.read(path: path)
            return try PolicyFile(configuration, path: path)
        } catch {
            throw CommandFailure(what: "\(error)", next: "correct the file, then run: sluice policy check \(path)")
        }
    }

    /// The number of a zone of the file.
    func zoneNumber(_ name: String, in file: PolicyFile) throws -> UInt8 {
        if let number = file.zoneNumber(name) { return number }
        let known = file.configuration.zones.map(\.name)
        throw CommandFailure(
            what: "\(path ?? "the file") has no zone \(name)\(WordText.suggestion(for: name, among: known))",
            next: "name one of its zones: \(known.joined(separator: ", "))")
    }
}

extension GatewayInspector {
    /// The number of a zone of the active configuration.
    func zoneNumber(_ name: String) throws -> UInt8 { try zoneNumber(name, in: try directory.configuration()) }

    /// The number of a zone of the active configuration, which is already read.
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
