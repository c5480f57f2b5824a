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
        commandName: "start", abstract: "Begin to replace all instances by those of a binary.",
        discussion: """
            The binary is checked first. Then, in the maintenance window, each instance gets a replacement that serves before \
            it leaves; if one does not come to serve, all is rolled back. At the end the kernel program is replaced, too, in \
            place. The controller itself goes on with its own binary until 'sluice run' is started anew.
            """)

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(
        help: "The sluice to run from now on; without it, the one that the controller runs.", completion: .file())
    var binary: String?

    @Flag(help: "Begin at once, whatever the maintenance window.")
    var now = false

    func run() throws {
        var request = ControlRequest(.maintenanceStart)
        request.binary = binary.map(Self.absolute)
        request.now = now
        try FleetRequest.send(request, gateway, output)
    }

    /// The controller has another working directory.
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
        commandName: "status", abstract: "Show how far maintenance is, or how the last one ended.")

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
        commandName: "pause", abstract: "Replace no further instance for the time being.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws { try FleetRequest.send(ControlRequest(.maintenancePause), gateway, output) }
}

/// `sluice maintenance resume`
struct MaintenanceResume: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Go on after a pause.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws { try FleetRequest.send(ControlRequest(.maintenanceResume), gateway, output) }
}

/// `sluice maintenance abort`
struct MaintenanceAbort: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "End maintenance where it is.",
        discussion: "What was replaced stays; what was not keeps what it runs.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    func run() throws { try FleetRequest.send(ControlRequest(.maintenanceAbort), gateway, output) }
}
