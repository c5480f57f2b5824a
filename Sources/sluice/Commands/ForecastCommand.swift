import ArgumentParser
import FlowLog
import Forecast
import FoundationEssentials
import Glibc
import Inspection
import Policy
import Simulation

/// `sluice forecast`
struct ForecastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Forecast how often an application's sessions are disrupted, and what helps most.",
        discussion: """
            Gives means for a month of 30 days and one connection, by the cause of the disruption: from formulas, and from a simulation
            of the real fleet machine. Needs no privilege and no gateway. docs/explanation/forecast.md derives the formulas.

            Example: sluice forecast --instances 2..10 --session exponential:8h --keepalive off --count 500
            """)

    @OptionGroup(title: "The firewall") var firewall: ForecastFirewallOptions
    @OptionGroup(title: "The application") var application: ForecastApplicationOptions
    @OptionGroup var output: OutputOption

    @Option(help: "Repeat the simulation of this seed.")
    var seed: UInt64 = 1

    @Option(help: "How many months of a session are simulated.")
    var months = 10_000

    func validate() throws {
        guard (1...ForecastCommand.mostMonths).contains(months) else {
            throw ValidationError("--months is \(months): write 1 to \(ForecastCommand.mostMonths)")
        }
    }

    private static let mostMonths = 1_000_000

    func run() throws {
        let report: ForecastReport
        let settings: ForecastSettings
        let began = ContinuousClock.now
        do {
            (settings, report) = try forecast()
        } catch let problem as ForecastProblem {
            throw CommandFailure(what: problem.what, next: problem.instead)
        }
        if output.isJSON {
            Console.output(try JSONText.of(report))
        } else {
            Console.page(ForecastRendering.text(report, settings, profile: firewall.profile))
        }
        let time = (ContinuousClock.now - began) / .seconds(1)
        let months = HumanText.count(report.sessionMonths, of: "month")
        Console.note(
            "simulated \(months) of a session, on \(HumanText.count(report.fleetMonths, of: "month")) of a fleet, in "
                + HumanText.duration(seconds: time))
    }

    private func forecast() throws -> (ForecastSettings, ForecastReport) {
        var settings = ForecastSettings()
        var notes = try firewall.apply(to: &settings, files: ForecastCommand.read)
        notes += try application.apply(to: &settings, files: ForecastCommand.read)
        try settings.check()
        return (settings, ForecastReport(settings, months: months, seed: seed, notes: notes))
    }

    private static let mostBytes = 100_000_000

    static func read(_ path: String) throws(ForecastProblem) -> String {
        let instead = "name a file that you may read"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ForecastProblem("\(path) can't be read: \(String(cString: strerror(errno)))", instead: instead)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= mostBytes else {
            throw ForecastProblem("\(path) is not a file of at most \(mostBytes / 1_000_000) MB", instead: instead)
        }
        do {
            return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        } catch {
            throw ForecastProblem("\(path) can't be read", instead: instead)
        }
    }
}
