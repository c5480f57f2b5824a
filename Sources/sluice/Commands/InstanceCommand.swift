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
        commandName: "list", abstract: "List the instances: state, sessions, load, and progress of a drain.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Flag(help: "Repeat every second, until interrupted.")
    var watch = false

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        // With --json the output is one document after the other, also on a terminal.
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
        commandName: "drain", abstract: "Drain an instance, as a scale-in does.",
        discussion: """
            From the start of the drain the instance takes no new sessions. In the second half both ends of each of its sessions \
            receive a RST. Then the instance ends (profile azure: 45 s and 45 s). With 'continuity: preserve' the other instances \
            take over its sessions at once. 'sluice instance list' shows the progress.
            """)

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(
        help: "The instance's number, as 'sluice instance list' shows it.", completion: Completing.instances)
    var instance: UInt16

    @Flag(help: "Cancel the drain. Possible in its first half, before sessions are reset.")
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
            Its sessions end without a RST. With 'continuity: preserve' the other instances take them over instead. If the fleet \
            would fall below its minimum, another instance is started.
            """)

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Argument(
        help: "The instance's number, as 'sluice instance list' shows it.", completion: Completing.instances)
    var instance: UInt16

    func run() throws { try FleetRequest.send(ControlRequest(.instanceStop, instance: instance), gateway, output) }
}
