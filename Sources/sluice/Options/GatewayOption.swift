import ArgumentParser
import Glibc
import Inspection

/// Which gateway of this machine is meant.
struct GatewayOption: ParsableArguments {
    @Option(
        name: .customLong("gateway"), help: "The gateway's name; needed only where there are several.",
        completion: Completing.gateways)
    var name: String?

    /// The gateway that was named, or the only one there is.
    func resolve() throws -> String { try GatewayDirectory.resolve(name ?? Self.environment) }

    /// The gateway that `SLUICE_GATEWAY` names, for commands that name none; also a lab's name.
    static var environment: String? {
        getenv("SLUICE_GATEWAY").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// How the answer is written.
struct OutputOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Write JSON instead of tables.")
    var isJSON = false
}
