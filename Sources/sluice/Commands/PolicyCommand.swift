import Inspection
import ArgumentParser

/// `sluice policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Rules, and what they decide.",
        subcommands: [PolicyCheck.self, PolicyDiff.self, PolicyExplain.self, PolicyShow.self])
}

/// `sluice policy check`
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the rules of a configuration file, as far as they can be compiled.")

    @OptionGroup var output: OutputOption

    @Argument(help: "The file: sluice.yaml.", completion: Completing.configurations)
    var file: String

    func run() throws {
        try ConfigurationReport(checkingRulesOf: file).show(asJSON: output.isJSON, command: "policy check")
    }
}
