import ArgumentParser
import Policy

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

    struct Shadowed: Codable, Equatable {
        /// `rules`, `hostRules`, or a group's name and the direction.
        var list: String
        var rule: String
        /// The earlier rules that take all it could match, alone or together; empty: no packet has such addresses.
        var by: [String]

        var text: String { "\(list): rule \"\(rule)\" can never match: \(reason)" }

        private var reason: String {
            if by.isEmpty { return ShadowText.noAddress }
            let names = ShadowText.names(by.map { "\"\($0)\"" })
            return by.count == 1
                ? "\(names), which is asked earlier, takes all that it could"
                : "\(names), which are asked earlier, together take all that it could"
        }
    }

    var file: String
    var isValid: Bool
    var errors: [Mistake]
    var notices: [String]
    /// Rules that can never match: no mistake, but seldom meant.
    var shadowed: [Shadowed]
    var profile: String
    var rules: Int
    var zones: Int

    /// Reads the file, and compiles its rules as the gateway would.
    init(checkingRulesOf file: String) {
        do {
            let configuration = try Configuration.read(path: file)
            let errors = Self.compilationErrors(configuration, file: file)
            self.init(file: file, configuration: configuration, errors: errors)
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
        self.shadowed =
            configuration?.shadowedRules.map {
                Shadowed(list: $0.list, rule: $0.shadowed.rule, by: $0.shadowed.by)
            } ?? []
        self.profile = configuration?.profile.rawValue ?? ""
        self.rules = configuration.map { $0.rules.count + $0.hostRules.count } ?? 0
        self.zones = configuration?.zones.count ?? 0
    }

    /// Writes the report; fails the command where there is a mistake.
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

    /// What the image's limits forbid: only seen when the rules are compiled.
    private static func compilationErrors(_ configuration: Configuration, file: String) -> [ConfigurationError] {
        do {
            var identities = RuleIdentities()
            var treatments = TreatmentTable(timeouts: configuration.timeouts)
            _ = try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
            return []
        } catch {
            return [ConfigurationError(file: file, key: "rules", message: "\(error)")]
        }
    }
}
