import ArgumentParser

/// A command line that begins with a word that is no command: what was meant, and what there is.
enum WrongCommand {
    /// The message for people; nil: the commands of the line are known, and whatever is wrong is something else.
    ///
    /// - Parameter arguments: without the program's name.
    static func message(_ arguments: [String], root: any ParsableCommand.Type = Sluice.self) -> String? {
        var command = root
        var path = root._commandName
        for word in arguments {
            let known = command.configuration.subcommands
            guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            if let next = known.first(where: { $0._commandName == word }) {
                command = next
                path += " \(word)"
                continue
            }
            let names = known.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
            return """
                Error: '\(word)' is no command of '\(path)'\(WordText.suggestion(for: word, among: names)): \
                write \(WordText.alternatives(names))
                Usage: \(path) <subcommand>
                next: \(path) --help
                """
        }
        return nil
    }
}
