import ArgumentParser
import Inspection

/// Which gateway of this machine is meant.
struct GatewayOption: ParsableArguments {
    @Option(
        name: .customLong("gateway"), help: "The gateway's name; needed only where there are several.",
        completion: Completing.gateways)
    var name: String?

    /// The gateway that was named, or the only one there is.
    func resolve() throws -> String { try GatewayDirectory.resolve(name) }
}

/// How the answer is written.
struct OutputOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Write JSON instead of tables.")
    var isJSON = false
}
