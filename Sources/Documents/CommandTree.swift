import Foundation
import Lab

/// The command line's own description: `sluice --experimental-dump-help`.
struct CommandTree: Decodable {
    struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var shouldDisplay: Bool?
        var arguments: [Argument]?
        var subcommands: [Command]?

        /// Without hidden commands, and without the parser's own help.
        var visible: [Command] {
            (subcommands ?? []).filter { ($0.shouldDisplay ?? true) && $0.commandName != "help" }
        }

        var visibleArguments: [Argument] {
            (arguments ?? []).filter { ($0.shouldDisplay ?? true) && !$0.isOfEveryCommand }
        }
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        var kind: String
        var valueName: String?
        var abstract: String?
        var discussion: String?
        var defaultValue: String?
        var isOptional: Bool
        var isRepeating: Bool
        var shouldDisplay: Bool?
        var preferredName: Name?

        var isOfEveryCommand: Bool { kind == "flag" && ["help", "version"].contains(valueName) }

        /// `--count COUNT`, `ID`.
        var usage: String {
            let value = (valueName ?? "value").uppercased() + (isRepeating && kind == "positional" ? " ..." : "")
            guard kind != "positional", let name = preferredName else { return value }
            let dashes = name.kind == "long" ? "--" : "-"
            return kind == "option" ? "\(dashes)\(name.name) \(value)" : "\(dashes)\(name.name)"
        }
    }

    var command: Command

    /// The description by the `sluice` that was built next to this program.
    static func ofProgram() throws -> CommandTree {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try SluiceBinary.path())
        process.arguments = ["--experimental-dump-help"]
        // A default may come from the environment. The page must not depend on it.
        process.environment = [:]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(CommandTree.self, from: data)
    }
}
