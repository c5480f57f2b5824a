import ArgumentParser
import Gateway
import Inspection

/// `sluice fleet`
struct FleetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "How many instances there are.",
        subcommands: [FleetScale.self, FleetPrescale.self])
}

/// `sluice fleet scale`
struct FleetScale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Say how many instances shall serve now.",
        discussion: "The autoscaler goes on from there. Existing sessions stay where they are when the fleet grows.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(help: "Within the fleet's capacity.")
    var instances: Int

    func run() throws {
        var request = ControlRequest(.fleetScale)
        request.instances = instances
        try FleetRequest.send(request, gateway, output)
    }
}

/// `sluice fleet prescale`
struct FleetPrescale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prescale", abstract: "Say how many instances there may be, before the load comes.",
        discussion:
            "Both 2 to 50; equal, which fixes the size, or more than 1 apart. A changed configuration overrides it.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(name: .customLong("min"), help: "Instances there are at least.")
    var minimum: Int

    @Option(name: .customLong("max"), help: "Instances there are at most.")
    var maximum: Int

    func run() throws {
        var request = ControlRequest(.fleetPrescale)
        request.minimum = minimum
        request.maximum = maximum
        try FleetRequest.send(request, gateway, output)
    }
}

/// Asks the controller of a gateway for a change of its fleet, and says what it answered.
enum FleetRequest {
    /// - Throws: the refusal, with what to do instead.
    static func send(_ request: ControlRequest, _ gateway: GatewayOption, _ output: OutputOption) throws {
        let message = try GatewayClient(gateway: try gateway.resolve()).ask(request).message
        if output.isJSON {
            Console.output(try JSONText.of(MessageReport(message)))
        } else {
            Console.outputLine(message)
        }
    }
}
