import ArgumentParser
import Glibc
import Simulation

/// `sluice simulate`
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the fleet's state machines with injected faults, in virtual time.",
        discussion: """
            Simulates a gateway with instances, controllers and thousands of connections. Instances stall and die, controllers die
            between any two steps, timers are late or lost. Checkers verify every step. Needs no privilege, and changes nothing.

            Without a seed, random seeds are tried until the budget is used. The first one that fails is printed, and the exit code
            is 1. With a seed, that run is repeated, with a line for every event.
            """)

    @Option(help: "Repeat the run of this seed, with its trace.")
    var seed: UInt64?

    @Option(help: ArgumentHelp("How long random seeds are tried.", valueName: "seconds"))
    var budget: Double = 10

    func validate() throws {
        guard budget > 0 else { throw ValidationError("--budget is \(budget): write seconds greater than 0") }
    }

    func run() throws {
        if let seed { return try replay(seed) }
        let end = Simulate.seconds + budget
        var total = SimulationReport.Counts()
        var runs = 0
        repeat {
            let seed = UInt64.random(in: 0...UInt64.max)
            let report = Simulation(scenario: Scenario(seed: seed)).run()
            total += report.counts
            runs += 1
            guard let violation = report.violation else { continue }
            Console.outputLine("seed \(seed) fails at \(violation)")
            Console.note("next: sluice simulate --seed \(seed)")
            throw ExitCode.failure
        } while Simulate.seconds < end
        Console.outputLine("\(runs) seeds, nothing found; \(total.text)")
    }

    private func replay(_ seed: UInt64) throws {
        let scenario = Scenario(seed: seed)
        Console.outputLine(scenario.text)
        let report = Simulation(scenario: scenario, isTracing: true).run()
        for line in report.trace { Console.outputLine(line) }
        Console.outputLine(report.counts.text)
        guard let violation = report.violation else { return Console.outputLine("nothing found") }
        Console.outputLine("seed \(seed) fails at \(violation)")
        throw ExitCode.failure
    }

    /// Seconds of the monotonic clock.
    private static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
