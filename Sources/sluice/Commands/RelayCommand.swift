import ArgumentParser

/// `sluice relay`: executes `sluice-relay`, a separate program that needs neither root nor this one's libraries.
struct RelayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Run the relay, which behaves like the firewall for test suites, without root.",
        discussion: """
            All arguments are those of 'sluice-relay': see 'sluice-relay --help'.

            sluice relay --proxy db=127.0.0.1:15432,127.0.0.1:5432
            sluice relay run SCENARIO.yaml --junit results.xml -- pytest
            """)

    @Argument(parsing: .captureForPassthrough, help: "Options and commands of sluice-relay.")
    var arguments: [String] = []

    func run() throws { try SiblingProgram(name: "sluice-relay").execute(arguments) }
}
