import ArgumentParser
import Gateway
import Inspection

/// `sluice fleet`
struct FleetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Change the number of instances.",
        subcommands: [FleetScale.self, FleetPrescale.self])
}

/// `sluice fleet scale`
struct FleetScale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Set the number of serving instances now.",
        discussion: "The autoscaler continues from this number. A scale-out does not move existing sessions.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(help: "The number, between the fleet's minimum and maximum capacity.")
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
        commandName: "prescale", abstract: "Set the fleet's minimum and maximum capacity, before load arrives.",
        discussion:
            "2 to 50. Equal numbers fix the size, others differ by 2 or more. A changed configuration overrides them.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(name: .customLong("min"), help: "The minimum number of instances.")
    var minimum: Int

    @Option(name: .customLong("max"), help: "The maximum number of instances.")
    var maximum: Int

    func run() throws {
        var request = ControlRequest(.fleetPrescale)
        request.minimum = minimum
        request.maximum = maximum
        try FleetRequest.send(request, gateway, output)
    }
}

/// Asks the controller of a gateway for a change of its fleet, and prints the answer.
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
