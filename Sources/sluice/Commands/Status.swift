import ArgumentParser
import Inspection
import Kernel

/// `sluice status`
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the gateway at a glance.",
        discussion: "The exit code is 0 when it is healthy, 1 when it is degraded, 2 when it is down.")

    /// EX_NOPERM of sysexits.h: neither of the three that tell the gateway's health.
    private static let noPermission: Int32 = 77

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Flag(help: "Show it again every second, until interrupted.")
    var watch = false

    func run() throws {
        guard watch else {
            throw ExitCode(try show(on: nil).exitCode)
        }
        let screen = Screen()
        screen.begin()
        while true {
            _ = try show(on: screen)
            Pause.seconds(1)
        }
    }

    private func show(on screen: Screen?) throws -> GatewayHealth.Level {
        let report = try read()
        if output.isJSON {
            Console.output(try JSONText.of(report))
        } else {
            let text =
                report.status.map { StatusRendering.screen($0, version: report.version, style: Console.style) }
                ?? StatusRendering.headline(report.gateway, report.health, style: Console.style)
            if let screen { screen.draw(text) } else { Console.page(text) }
        }
        return report.health.level
    }

    /// What can be known: a gateway that is down has no more than its health.
    private func read() throws -> StatusReport {
        do {
            return StatusReport(try GatewayInspector(gateway: try gateway.resolve()).status())
        } catch let error as InspectionError {
            // Which one is meant is a question of the command line; nothing is known of any gateway's health then.
            if case .ambiguous = error { throw ValidationError("\(error)") }
            if case .notPermitted = error {
                Console.note("Error: \(error)")
                throw ExitCode(Status.noPermission)
            }
            return StatusReport(gateway: gateway.name ?? "", health: HealthRules.unreadable(error))
        }
    }
}

/// The answer of `sluice status --json`: a status, or the health alone of a gateway that is not there.
struct StatusReport: Encodable {
    let gateway: String
    let health: GatewayHealth
    let status: GatewayStatus?
    /// Of the binary that says all this; the gateway's own is its controller's.
    let version: BinaryVersion

    init(_ status: GatewayStatus, version: BinaryVersion = .own) {
        self.version = version
        self.gateway = status.gateway
        self.health = status.health
        self.status = status
    }

    init(gateway: String, health: GatewayHealth) {
        self.gateway = gateway
        self.health = health
        self.status = nil
        self.version = .own
    }

    private enum Key: String, CodingKey { case gateway, health, version }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(version, forKey: .version)
        if let status { return try status.encode(to: encoder) }
        try container.encode(gateway, forKey: .gateway)
        try container.encode(health, forKey: .health)
    }
}
