import ArgumentParser
import Resume

/// `sluice-resume token`
struct ResumeToken: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token: a secret that a client and a server share.",
        discussion: """
            Copy the file to the other end, for example with scp. Nobody else may read it: who has it can connect to all targets \
            that the server allows.
            """)

    @Argument(
        help: "Write it into this new file, which only its owner may read. Without: to stdout.", completion: .file())
    var file: String?

    func run() throws {
        try ResumeOutput.reporting {
            if let file { try TokenFile.create(file) } else { ResumeOutput.line(TokenFile.new()) }
        }
    }
}
