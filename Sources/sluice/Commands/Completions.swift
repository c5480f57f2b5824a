import ArgumentParser

/// `sluice completions`
struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shell completions.", subcommands: [CompletionsGenerate.self])
}

/// `sluice completions generate`
struct CompletionsGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write the completion script of a shell to stdout.",
        discussion: """
            bash: sluice completions generate bash > /etc/bash_completion.d/sluice
            zsh:  sluice completions generate zsh > /usr/local/share/zsh/site-functions/_sluice
            fish: sluice completions generate fish > ~/.config/fish/completions/sluice.fish
            """)

    @Argument(
        help: "bash, zsh or fish.", completion: CompletionsGenerate.shells.completion,
        transform: { try CompletionsGenerate.shells.read($0) })
    var shell: CompletionShell

    func run() throws {
        Console.output(Sluice.completionScript(for: shell) + "\n")
    }

    static let shells = WordList(
        "shell with completions", CompletionShell.allCases.map { .init(word: $0.rawValue, value: $0) })
}
