import Inspection
import ArgumentParser
import Lab

/// `sluice demo`
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show in the lab what happens to real sessions, with a verdict for each rule.",
        discussion: """
            The first part shows idle sessions, all at the same time, with durations divided by 60. The second part shows the fleet, \
            with durations divided by 15: drain, scale-in, maintenance, recovery and a killed controller, first as documented, then \
            with 'continuity: preserve'. The demo takes less than two minutes. It needs root, and changes nothing outside its own \
            network namespaces. The exit code is 0 if no verdict is FAIL and at least one is PASS. On a slow machine set \
            SLUICE_PATIENCE=10: then every wait is ten times as long before it fails.
            """)

    /// A part of the demo.
    enum Part: String, CaseIterable {
        case sessions, fleet
    }

    static let partWords = WordList("part of the demo", Part.allCases.map { .init(word: $0.rawValue, value: $0) })

    @OptionGroup var output: OutputOption

    @Flag(help: "Keep the lab and its gateway up afterwards, and print commands to use them.")
    var keep = false

    @Option(name: .customLong("name"), help: "The lab's name.")
    var name = Lab.defaultName

    @Option(
        help: "Show only this part: sessions or fleet.", completion: Demo.partWords.completion,
        transform: { try Demo.partWords.read($0) })
    var only: Part?

    @Option(help: "Divides every duration of the profile. With 60, four minutes take four seconds.")
    var timeScale = 60

    @Option(help: "The same for the part about the fleet. With 15, a drain of 90 seconds takes six seconds.")
    var fleetTimeScale = FleetAct.standardTimeScale

    func validate() throws {
        if let problem = Patience.problem { throw ValidationError(problem) }
        guard (10...120).contains(timeScale) else {
            throw ValidationError(
                "--time-scale is \(timeScale): write a number from 10 to 120; with others the demo is too slow or too fast"
            )
        }
        guard (5...20).contains(fleetTimeScale) else {
            throw ValidationError(
                "--fleet-time-scale is \(fleetTimeScale): write a number from 5 to 20; with others the demo is too slow, or "
                    + "too fast for the keep-alives")
        }
        if keep, only == .fleet {
            throw ValidationError(
                "--keep keeps the lab of the sessions, which '--only fleet' does not use: leave out one of them")
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
