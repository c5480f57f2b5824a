import ArgumentParser
import ResumeSimulation

/// `sluice-resume simulate`
struct SimulateStreams: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run both ends of streams over a virtual network that loses connections.",
        discussion: """
            Each seed is a client, a server, two applications and a network in virtual time. Connections are cut at any byte, by \
            resets that both ends or one of them see, or by silence; bytes are late, the server is restarted, the client dies. \
            Checkers verify every step: no byte is lost or repeated, FIN and RST arrive in order, no stream is lost without need. \
            Needs no privilege, and changes nothing.

            The first seeds that fail are printed, and the exit code is 1. --trace repeats a seed with a line for every event.
            """)

    @Option(help: "How many seeds are run.")
    var seeds: UInt64 = 10_000

    @Option(help: ArgumentHelp("The first seed. Without it, a random one.", valueName: "seed"))
    var from: UInt64?

    @Option(help: ArgumentHelp("Repeat the run of this seed, with its trace.", valueName: "seed"))
    var trace: UInt64?

    func run() throws {
        if let trace { return try replay(trace) }
        let first = from ?? UInt64.random(in: 0...UInt64.max / 2)
        var failed = 0
        var (connections, cuts, resumptions) = (0, 0, 0)
        for number in 0..<seeds {
            let report = ResumeWorld(ResumePlan(seed: first &+ number)).run()
            connections += report.connections
            cuts += report.cuts
            resumptions += report.resumptions
            guard let violation = report.violation else { continue }
            failed += 1
            if failed <= 10 { print("seed \(first &+ number) fails: \(violation)") }
        }
        print(
            "\(seeds) seeds from \(first), \(failed) failed; \(connections) connections, \(cuts) cuts, "
                + "\(resumptions) resumptions")
        guard failed > 0 else { return }
        print("next: sluice-resume simulate --trace SEED")
        throw ExitCode.failure
    }

    private func replay(_ seed: UInt64) throws {
        let report = ResumeWorld(ResumePlan(seed: seed), isTracing: true).run()
        for line in report.trace { print(line) }
        guard let violation = report.violation else { return print("nothing found") }
        print("seed \(seed) fails: \(violation)")
        throw ExitCode.failure
    }
}
