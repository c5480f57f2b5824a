import ArgumentParser
import Gateway
import Kernel

/// `sluice run`
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in the foreground, in this network namespace.",
        discussion: """
            When it forwards, it writes 'ready' to stdout and notifies systemd. SIGTERM stops the gateway cleanly. SIGUSR2 ends only \
            this process: the gateway continues, and the next 'sluice run' takes over. After SIGHUP it reads its configuration again.

            Exit codes of --check-takeover: 0, a start of this binary keeps every session, or no gateway runs; 3, it can't take over, \
            because its memory layout is different; 4, it refuses the configuration.
            """)

    @Option(
        name: .customLong("config"), help: "The configuration: sluice.yaml.", completion: Completing.configurations)
    var file: String

    @Flag(help: "Change nothing: report what a start would do to the running gateway, and what would be lost.")
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

/// The end of a gateway's processes. They flush their last messages, but do not wait for a reader that does not read.
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
