import Inspection
import ArgumentParser
import Lab

/// `sluice demo`
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show in the lab what becomes of real sessions, with a verdict for each rule.",
        discussion: """
            First idle sessions, all at once, on a clock that runs 60 times as fast. Then the fleet, on a clock that runs 15 \
            times as fast: drain, scale-in, maintenance, recovery and a dead controller, as documented, and again with \
            'continuity: preserve'. Takes less than two minutes. Needs root, and touches nothing outside of network \
            namespaces of its own. The exit code is 0 when every verdict is PASS. On a slow machine, SLUICE_PATIENCE=10 waits ten \
            times as long for everything before it gives up.
            """)

    /// A part of the demo.
    enum Part: String, CaseIterable {
        case sessions, fleet
    }

    static let partWords = WordList("part of the demo", Part.allCases.map { .init(word: $0.rawValue, value: $0) })

    @OptionGroup var output: OutputOption

    @Flag(help: "Leave the lab and its gateway up afterwards, and say what to do with them.")
    var keep = false

    @Option(name: .customLong("name"), help: "The lab's name.")
    var name = Lab.defaultName

    @Option(
        help: "Show only this part: sessions or fleet.", completion: Demo.partWords.completion,
        transform: { try Demo.partWords.read($0) })
    var only: Part?

    @Option(help: "Divides every duration of the profile: 60 makes four minutes four seconds.")
    var timeScale = 60

    @Option(help: "The same for the part about the fleet: 15 makes a drain of 90 seconds one of six.")
    var fleetTimeScale = FleetAct.standardTimeScale

    func validate() throws {
        if let problem = Patience.problem { throw ValidationError(problem) }
        guard (10...120).contains(timeScale) else {
            throw ValidationError(
                "--time-scale is \(timeScale): write a number from 10 to 120, or the demo would take too long, or no time"
            )
        }
        guard (5...20).contains(fleetTimeScale) else {
            throw ValidationError(
                "--fleet-time-scale is \(fleetTimeScale): write a number from 5 to 20, or the demo would take too long, or "
                    + "leave the ends no time for their keep-alives")
        }
        if keep, only == .fleet {
            throw ValidationError(
                "--keep leaves up the lab of the sessions, which '--only fleet' does not show: leave out one")
        }
    }

    func run() async throws {
        try Privilege.requireRoot(for: "sluice demo")
        let production = DemoProduction(
            name: name, timeScale: timeScale, fleetTimeScale: fleetTimeScale, parts: only.map { [$0] } ?? Part.allCases,
            keep: keep, isJSON: output.isJSON)
        let report = try await Interruption.cancelling { try await production.run() }
        if output.isJSON {
            Console.output(try JSONText.of(report))
        } else {
            Console.output("\n" + report.table().text(style: Console.style) + "\n" + report.summary + "\n")
        }
        if keep {
            let advice = "\n" + LabText.running(try Lab.existing(name: name), timeScale: timeScale)
            if output.isJSON { Console.note(advice) } else { Console.output(advice) }
        }
        guard report.passed else { throw ExitCode.failure }
    }
}
