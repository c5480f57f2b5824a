import ArgumentParser
import Glibc

/// Why a command can't do what it was asked for, and what to do next.
struct CommandFailure: Error, CustomStringConvertible {
    /// Which object, and what is wrong with it.
    var what: String
    /// What to run or to write next.
    var next: String

    var description: String { "\(what)\nnext: \(next)" }
}

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

/// The privilege that network namespaces need.
enum Privilege {
    /// Says so at once, instead of failing half-way with a message about something else.
    static func requireRoot(for command: String) throws {
        guard geteuid() != 0 else { return }
        throw CommandFailure(
            what: "'\(command)' makes network namespaces, which only root may", next: "sudo \(command)")
    }
}
