import ArgumentParser
import Gateway
import Kernel

/// `sluice run`
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in the foreground, in this network namespace.",
        discussion: """
            Says 'ready' on stdout, and to systemd, when it forwards. SIGTERM takes the gateway down cleanly. SIGUSR2 ends this \
            process alone: the gateway goes on, and the next 'sluice run' takes over. SIGHUP has it read its configuration again.

            --check-takeover ends with 0 where a start of this binary keeps every session, or begins anew; with 3 where it can't \
            take over, as its memory layout is another; with 4 where it refuses the configuration.
            """)

    @Option(
        name: .customLong("config"), help: "The configuration: sluice.yaml.", completion: Completing.configurations)
    var file: String

    @Flag(help: "Change nothing: tell what a start would do to the gateway that runs, and what it would cost.")
    var checkTakeover = false

    func run() throws {
        if checkTakeover {
            let outcome = try TakeoverCheck.check(configurationPath: file)
            if outcome.exitCode == 0 { Console.outputLine(outcome.text) } else { Console.note(outcome.text) }
            throw ExitCode(outcome.exitCode)
        }
        try ServiceProcess.run {
            try Controller.run(configurationPath: file, version: .own) { LogOutput.standardOutput.write("ready\n") }
        }
    }
}

/// How the processes of a gateway end: whatever they say at last, nobody who does not read it keeps them from ending.
enum ServiceProcess {
    static func run(_ body: () throws -> Void) throws {
        defer {
            LogOutput.standardOutput.flush()
            LogOutput.standardError.flush()
        }
        do {
            try body()
        } catch {
            LogOutput.standardError.writeFailure("\(error)")
            throw ExitCode.failure
        }
    }
}
