import ArgumentParser
import Inspection
import Policy

/// `sluice config`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Configuration files.", subcommands: [ConfigCheck.self, ConfigSchema.self])
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

/// `sluice config schema`
struct ConfigSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Write the JSON Schema of sluice.yaml, for editors.",
        discussion: """
            An editor with the YAML language server completes and checks a file that begins with the line \
            '# yaml-language-server: $schema=FILE'. What a schema can't say, 'sluice config check' finds.
            """)

    func run() throws { Console.output(ConfigurationSchema.text) }
}
