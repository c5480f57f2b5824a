package import Policy

/// The result of checking a configuration: `sluice policy check --json`.
package struct ConfigurationReport: Codable, Equatable, Sendable {
    package struct Mistake: Codable, Equatable, Sendable {
        package var file: String
        /// Counted from 1; 0: the file as a whole.
        package var line: Int
        /// Counted from 1; 0: the line as a whole.
        package var column: Int
        package var key: String
        package var message: String
        /// In the format of compilers, which editors can open.
        package var text: String
    }

    package struct Shadowed: Codable, Equatable, Sendable {
        /// `rules`, `hostRules`, or a group's name and the direction.
        package var list: String
        package var rule: String
        /// The earlier rules that match everything it could match, alone or together; empty if no packet has such
        /// addresses.
        package var by: [String]
    }

    package var file: String
    package var isValid: Bool
    package var errors: [Mistake]
    package var notices: [String]
    /// Rules that can never match. They are allowed, but often a mistake.
    package var shadowed: [Shadowed]
    package var profile: String
    package var rules: Int
    package var zones: Int

    /// Reads the file, and compiles its rules like the gateway.
    package init(checkingRulesOf file: String) {
        do {
            let configuration = try Configuration.read(path: file)
            let errors = Self.compilationErrors(configuration, file: file)
            self.init(file: file, configuration: configuration, errors: errors)
        } catch {
            self.init(file: file, configuration: nil, errors: error.errors)
        }
    }

    /// Reads a text. It must embed the files that it names; no file is read.
    package init(checkingRulesOf text: String, calling file: String) {
        do {
            let configuration = try Configuration.parse(text, file: file, readsFiles: false)
            self.init(
                file: file, configuration: configuration,
                errors: Self.compilationErrors(configuration, file: file))
        } catch {
            self.init(file: file, configuration: nil, errors: error.errors)
        }
    }

    package init(file: String, configuration: Configuration?, errors: [ConfigurationError]) {
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

    /// Errors that only show when the rules are compiled: limits of the image.
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
