import Inspection
import ArgumentParser

/// `sluice config`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Configuration files.", subcommands: [ConfigCheck.self])
}

/// `sluice config check`
struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration file without applying it.")

    @OptionGroup var output: OutputOption

    @Argument(help: "The file: sluice.yaml.", completion: Completing.configurations)
    var file: String

    func run() throws {
        try ConfigurationReport(checkingRulesOf: file).show(asJSON: output.isJSON, command: "config check")
    }
}
