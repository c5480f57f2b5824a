import ArgumentParser
import Inspection
import Kernel

/// `sluice status`
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the gateway at a glance.",
        discussion: "The exit code is 0 if the gateway is healthy, 1 if it is degraded, 2 if it is down.")

    /// EX_NOPERM of sysexits.h: differs from the three codes for the gateway's health.
    private static let noPermission: Int32 = 77

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Flag(help: "Repeat every second, until interrupted.")
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

    /// The report. For a gateway that is down it has only the health.
    private func read() throws -> StatusReport {
        do {
            return StatusReport(try GatewayInspector(gateway: try gateway.resolve()).status(), version: .own)
        } catch let error as InspectionError {
            // If the gateway is ambiguous, the command line is wrong, and there is no health to report.
            if case .ambiguous = error { throw ValidationError("\(error)") }
            if case .notPermitted = error {
                Console.note("Error: \(error)")
                throw ExitCode(Status.noPermission)
            }
            return StatusReport(
                gateway: gateway.name ?? "", health: HealthRules.unreadable(error), version: .own)
        }
    }
}
