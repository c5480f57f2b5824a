import ArgumentParser

/// `sluice resume`: executes `sluice-resume`, a separate program that needs neither root nor this one's libraries.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Carry TCP connections of any application across resets, without root.",
        discussion: """
            All arguments are those of 'sluice-resume': see 'sluice-resume --help'.

            sluice resume token /etc/sluice-resume/token
            sluice resume server --certificate C --key K --token-file T --allow db:5432
            sluice resume client --server gw:7443 --token-file T --forward 127.0.0.1:5432=db:5432
            """)

    @Argument(parsing: .captureForPassthrough, help: "Commands and options of sluice-resume.")
    var arguments: [String] = []

    func run() throws { try SiblingProgram(name: "sluice-resume").execute(arguments) }
}
