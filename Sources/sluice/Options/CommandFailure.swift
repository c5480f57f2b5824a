import ArgumentParser
import Glibc

/// Why a command fails, and what to do next.
struct CommandFailure: Error, CustomStringConvertible {
    /// Which object, and what is wrong with it.
    var what: String
    /// What to run or write next.
    var next: String

    var description: String { "\(what)\nnext: \(next)" }
}

/// A command line with an unknown command. The message suggests the nearest command, and lists the known ones.
enum WrongCommand {
    /// The message for people; nil: the commands of the line are known, so another part of it is wrong.
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
                Error: '\(word)' is not a command of '\(path)'\(WordText.suggestion(for: word, among: names)): \
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
    /// Fails at the start, instead of later with an unrelated message.
    static func requireRoot(for command: String) throws {
        guard geteuid() != 0 else { return }
        throw CommandFailure(
            what: "'\(command)' needs root, because it uses network namespaces", next: "sudo \(command)")
    }
}
