import Foundation

/// docs/reference/commands.md
enum CommandsPage {
    static func text(_ tree: CommandTree) -> String {
        let commands = leaves(tree.command, path: "")
        return Markdown.page(
            "Which commands are there?",
            """
            Every command has a manual page (`man sluice-session-list`) and `--help`. What was asked for goes to standard output, all else \
            to standard error. Every error names the next command. Every reading command has `--json`; its fields are those of the \
            [HTTP API](api.md). On a terminal a table is as wide as the terminal: what finds no room is folded or left out, and named. In a \
            pipe it has every column.
            """,
            [
                Markdown.table(
                    ["exit code", "meaning"],
                    [
                        ["0", "done; `sluice status`: healthy"],
                        [
                            "1",
                            "it failed, and standard error says why; `sluice status`: degraded; `sluice socket`, `sluice check-up`: sockets are at risk",
                        ],
                        [
                            "2",
                            "`sluice status`: down; `sluice socket`, `sluice check-up`: could not look at the sockets",
                        ],
                        ["64", "the command line is wrong"],
                    ]),
                Markdown.table(
                    ["environment variable", "meaning"],
                    [
                        [
                            "`SLUICE_GATEWAY`",
                            "The gateway, or lab, that commands mean where `--gateway` or `--name` is not given.",
                        ],
                        [
                            "`SLUICE_LOG`",
                            "The lowest level that processes of a gateway log: debug, info, notice, warning, error.",
                        ],
                        [
                            "`SLUICE_PATIENCE`",
                            "How much longer a lab waits before it gives up: 1 to 100. For slow machines.",
                        ],
                        ["`NO_COLOR`", "Nothing is written in colour."],
                    ]),
                Markdown.table(
                    ["command", "does"],
                    commands.map { ["[\(Markdown.code($0.path))](#\(anchor($0.path)))", $0.command.abstract ?? ""] }),
            ] + commands.map(section))
    }

    /// The commands that do something, with the words that lead to them.
    private static func leaves(
        _ command: CommandTree.Command, path: String
    ) -> [(path: String, command: CommandTree.Command, about: String?)] {
        let own = path.isEmpty ? command.commandName : path + " " + command.commandName
        let below = command.visible
        guard !below.isEmpty else { return [(own, command, nil)] }
        var all = below.flatMap { leaves($0, path: own) }
        // The text about the noun is printed with its first verb.
        if !path.isEmpty, let discussion = command.discussion { all[0].about = discussion }
        return all
    }

    private static func anchor(_ path: String) -> String { path.split(separator: " ").joined(separator: "-") }

    private static func section(
        _ entry: (path: String, command: CommandTree.Command, about: String?)
    ) -> String {
        let arguments = entry.command.visibleArguments
        let usage = arguments.map { $0.isOptional ? "[\($0.usage)]" : $0.usage }
        let rows = arguments.map { argument in
            let words = [argument.abstract, argument.discussion, argument.defaultValue.map { "Default: \($0)." }]
            return [Markdown.code(argument.usage), words.compactMap { $0 }.joined(separator: " ")]
        }
        return Markdown.section(
            entry.path,
            [
                entry.command.abstract ?? "", entry.about.map(prose) ?? "",
                Markdown.block("text", folded([entry.path] + usage)), entry.command.discussion.map(prose) ?? "",
                rows.isEmpty ? "" : Markdown.table(["argument", "meaning"], rows),
            ])
    }

    /// Lines of at most 100 characters.
    private static func folded(_ words: [String]) -> String {
        words.reduce(into: [""]) { lines, word in
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = word
            } else if line.count + word.count < 100 {
                lines[lines.count - 1] += " " + word
            } else {
                lines.append("    " + word)
            }
        }.joined(separator: "\n")
    }

    /// A text in paragraphs. A paragraph with line breaks, such as a drawing or an example, becomes a block.
    private static func prose(_ text: String) -> String {
        text.components(separatedBy: "\n\n").map { paragraph in
            paragraph.contains("\n") ? Markdown.block("text", paragraph) : paragraph
        }.joined(separator: "\n\n")
    }
}
