import ArgumentParser
import Policy

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

    @Argument(help: "The file: sluice.yaml.")
    var file: String

    func run() throws {
        let report = ConfigurationReport(file: file)
        if output.isJSON {
            Console.output(try JSONText.of(report))
        } else {
            for notice in report.notices { Console.note("note: \(notice)") }
            for error in report.errors { Console.note(error.text) }
            if report.isValid {
                Console.outputLine("\(file): no mistakes: \(report.rules) rules, \(report.zones) zones, profile \(report.profile)")
            }
        }
        guard report.isValid else {
            Console.note("\(report.errors.count) mistakes: nothing was applied; correct them and run: sluice config check \(file)")
            throw ExitCode.failure
        }
    }
}

/// What the check of a configuration file comes to, for people and programs.
struct ConfigurationReport: Codable, Equatable {
    struct Mistake: Codable, Equatable {
        var file: String
        /// From 1; 0: the file as a whole.
        var line: Int
        /// From 1; 0: the line as a whole.
        var column: Int
        var key: String
        var message: String
        /// As compilers write it, so that editors can jump there.
        var text: String
    }

    var file: String
    var isValid: Bool
    var errors: [Mistake]
    var notices: [String]
    var profile: String
    var rules: Int
    var zones: Int

    init(file: String) {
        do {
            let configuration = try Configuration.read(path: file)
            self.init(file: file, configuration: configuration, errors: [])
        } catch {
            self.init(file: file, configuration: nil, errors: error.errors)
        }
    }

    init(file: String, configuration: Configuration?, errors: [ConfigurationError]) {
        self.file = file
        self.isValid = configuration != nil && errors.isEmpty
        self.errors = errors.map { error in
            Mistake(
                file: error.file, line: error.line ?? 0, column: error.column ?? 0, key: error.key,
                message: error.message, text: error.description)
        }
        self.notices = configuration?.notices ?? []
        self.profile = configuration?.profile.rawValue ?? ""
        self.rules = configuration.map { $0.rules.count + $0.hostRules.count } ?? 0
        self.zones = configuration?.zones.count ?? 0
    }
}
