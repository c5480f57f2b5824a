import ArgumentParser
import Gateway
import Kernel

/// `sluice run`
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in the foreground, in this network namespace.",
        discussion: """
            Says 'ready' on stdout, and to systemd, when it forwards. SIGTERM ends it cleanly, SIGHUP has it read its \
            configuration again.
            """)

    @Option(
        name: .customLong("config"), help: "The configuration: sluice.yaml.", completion: Completing.configurations)
    var file: String

    func run() throws {
        try ServiceProcess.run {
            try Controller.run(configurationPath: file, version: .own) { LogOutput.standardOutput.write("ready\n") }
        }
    }
}
