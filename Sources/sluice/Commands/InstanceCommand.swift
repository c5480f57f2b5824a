import ArgumentParser
import Gateway
import Inspection

/// `sluice instance`
struct InstanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instance", abstract: "The instances that share the gateway's sessions.",
        subcommands: [InstanceList.self, InstanceDrain.self, InstanceStop.self])
}

/// `sluice instance list`
struct InstanceList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the instances: state, sessions, load, and how far a drain is.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Flag(help: "Show it again every second, until interrupted.")
    var watch = false

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        // For programs it is one document after the other, on a terminal too.
        let screen = watch && !output.isJSON ? Screen() : nil
        screen?.begin()
        repeat {
            let fleet = try inspector.fleet()
            if output.isJSON {
                Console.output(try JSONText.of(fleet))
            } else if let screen {
                screen.draw(FleetRendering.screen(fleet, style: Console.style))
            } else {
                Console.page(FleetRendering.screen(fleet, style: Console.style))
            }
            if watch { Pause.seconds(1) }
        } while watch
    }
}

/// `sluice instance drain`
struct InstanceDrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Have an instance leave the fleet as in a scale-in.",
        discussion: """
            It takes no new sessions for the first half of the drain; in the second both ends of each of its sessions are reset; \
            then it goes (profile azure: 45 s and 45 s). With 'continuity: preserve' the others take its sessions over at once. \
            'sluice instance list' shows how far it is.
            """)

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(
        help: "The instance's number, as 'sluice instance list' shows it.", completion: Completing.instances)
    var instance: UInt16

    @Flag(help: "Take it back, as long as it only takes no new sessions.")
    var cancel = false

    func run() throws {
        try FleetRequest.send(
            ControlRequest(cancel ? .instanceDrainCancel : .instanceDrain, instance: instance), gateway, output)
    }
}

/// `sluice instance stop`
struct InstanceStop: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "End an instance at once, without a drain.",
        discussion: """
            Its sessions end without a reset, unless 'continuity: preserve' lets the others take them over. Another instance \
            is started where the fleet would fall under its minimum.
            """)

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(
        help: "The instance's number, as 'sluice instance list' shows it.", completion: Completing.instances)
    var instance: UInt16

    func run() throws { try FleetRequest.send(ControlRequest(.instanceStop, instance: instance), gateway, output) }
}
