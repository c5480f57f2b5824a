import ArgumentParser
import Gateway
import Glibc
import Inspection

/// `sluice maintenance`
struct MaintenanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Replace all instances, one at a time.",
        subcommands: [
            MaintenanceStart.self, MaintenanceStatusCommand.self, MaintenancePause.self, MaintenanceResume.self,
            MaintenanceAbort.self,
        ])
}

/// `sluice maintenance start`
struct MaintenanceStart: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start to replace all instances with instances of a binary.",
        discussion: """
            The binary is checked first. Then, in the maintenance window, each instance gets a replacement, which serves before \
            the instance leaves. If a replacement does not start to serve, the maintenance is rolled back. At the end the kernel \
            program is also replaced, in place. The controller continues with its own binary until 'sluice run' is started again.
            """)

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(
        help: "The sluice binary to run from now on. By default the one that the controller runs.", completion: .file())
    var binary: String?

    @Flag(help: "Start at once, also outside the maintenance window.")
    var now = false

    func run() throws {
        var request = ControlRequest(.maintenanceStart)
        request.binary = binary.map(Self.absolute)
        request.now = now
        try FleetRequest.send(request, gateway, output)
    }

    /// An absolute path, because the controller has another working directory.
    static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else {
            guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
            defer { free(directory) }
            return "\(String(cString: directory))/\(path)"
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// `sluice maintenance status`
struct MaintenanceStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the progress of the maintenance, or how the last one ended.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws {
        let fleet = try GatewayInspector(gateway: try gateway.resolve()).fleet()
        if output.isJSON {
            Console.output(try JSONText.of(MaintenanceReport(fleet.maintenance)))
        } else {
            Console.page(FleetRendering.maintenance(fleet.maintenance))
        }
    }
}

/// `sluice maintenance pause`
struct MaintenancePause: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Pause the maintenance: replace no further instance until it is resumed.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws { try FleetRequest.send(ControlRequest(.maintenancePause), gateway, output) }
}

/// `sluice maintenance resume`
struct MaintenanceResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Continue the maintenance after a pause.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws { try FleetRequest.send(ControlRequest(.maintenanceResume), gateway, output) }
}

/// `sluice maintenance abort`
struct MaintenanceAbort: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "End the maintenance at its current state.",
        discussion: "Instances that were replaced stay. The others keep the binary that they run.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws { try FleetRequest.send(ControlRequest(.maintenanceAbort), gateway, output) }
}
