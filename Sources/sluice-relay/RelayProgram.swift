import ArgumentParser
import Relay

/// `sluice-relay`: the relay (RELAY-1 to RELAY-5). `sluice relay` executes it.
///
/// It is a separate binary so that the packages for networking are not in the gateway's, and so that it needs neither
/// libbpf nor root.
@main
struct RelayProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-relay",
        abstract: "A relay that behaves like the firewall: for test suites, without root.",
        discussion: """
            It speaks the HTTP API of toxiproxy, so toxiproxy's clients work unchanged, and adds what a firewall does to long \
            sessions: idle resets, silence, drains, maintenance, recovery.

            sluice-relay --proxy db=127.0.0.1:15432,127.0.0.1:5432
            sluice-relay run SCENARIO.yaml --junit results.xml -- pytest
            sluice-relay --namespaces --proxy db=127.0.0.1:15432,127.0.0.1:5432 -- COMMAND
            """,
        version: "sluice-relay \(RelayVersion.text), commit \(BuildCommit.text)",
        subcommands: [ServeRelay.self, RunScenario.self, NamespaceListener.self],
        defaultSubcommand: ServeRelay.self)
}
