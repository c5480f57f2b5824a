/// One mistake in a configuration file: position, key, what is wrong, and what to write instead.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package var file: String
    /// Counted from 1; nil: the file as a whole.
    package var line: Int?
    /// Counted from 1, in characters.
    package var column: Int?
    /// The path of the key, like `rules[3].destinationPorts[0]`; empty: the file as a whole.
    package var key: String
    /// What is wrong, and what to write instead.
    package var message: String

    package init(file: String, line: Int? = nil, column: Int? = nil, key: String, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
    }

    /// `sluice.yaml:12:5: zones[0].interfaces: is missing: write ...`: the format of compilers, which editors can open.
    package var description: String {
        var text = file
        if let line { text += ":\(line)" }
        if let column { text += ":\(column)" }
        return key.isEmpty ? "\(text): \(message)" : "\(text): \(key): \(message)"
    }
}

/// All mistakes of a configuration file, in the order of their lines.
package struct ConfigurationErrors: Error, Equatable, Sendable, CustomStringConvertible {
    package var errors: [ConfigurationError]

    package init(_ errors: [ConfigurationError]) { self.errors = errors }

    /// One line each.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}
