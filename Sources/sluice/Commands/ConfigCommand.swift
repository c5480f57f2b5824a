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
            '# yaml-language-server: $schema=FILE'. 'sluice config check' also finds mistakes that a schema can't describe.
            """)

    func run() throws { Console.output(ConfigurationSchema.text) }
}

extension ConfigurationReport {
    /// Writes the report. The command fails if there is a mistake.
    func show(asJSON: Bool, command: String) throws {
        if asJSON {
            Console.output(try JSONText.of(self))
        } else {
            for notice in notices { Console.note("note: \(notice)") }
            for rule in shadowed { Console.note("note: \(rule.text)") }
            for error in errors { Console.note(error.text) }
            if isValid {
                Console.outputLine(
                    "\(file): no mistakes: \(HumanText.count(rules, of: "rule")), "
                        + "\(HumanText.count(zones, of: "zone")), profile \(profile)")
            }
        }
        guard isValid else {
            Console.note(
                "\(HumanText.count(errors.count, of: "mistake")); nothing was applied. Correct the file, then run: sluice \(command) \(file)"
            )
            throw ExitCode.failure
        }
    }
}

extension ConfigurationReport.Shadowed {
    var text: String { "\(list): rule \"\(rule)\" can never match: \(reason)" }

    private var reason: String {
        if by.isEmpty { return ShadowText.noAddress }
        let names = ShadowText.names(by.map { "\"\($0)\"" })
        return by.count == 1
            ? "\(names), which is evaluated earlier, matches all of its traffic"
            : "\(names), which are evaluated earlier, together match all of its traffic"
    }
}
