import ArgumentParser
import Kernel

/// `sluice`, and all its commands.
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "An elastic, session-aware firewall.",
        discussion: """
            Start with 'sluice doctor', which checks whether this machine can run it, and 'sluice demo', which shows what it does.

            Shell completions: sluice completions generate bash > /etc/bash_completion.d/sluice
            """,
        version: "sluice \(BinaryVersion.own)",
        groupedSubcommands: [
            CommandGroup(
                name: "The gateway:", subcommands: [Run.self, Status.self, Reload.self, Metrics.self, Doctor.self]),
            CommandGroup(
                name: "What it does:",
                subcommands: [
                    SessionCommand.self, DropCommand.self, CaptureCommand.self, PolicyCommand.self, EventCommand.self,
                    FlowLogCommand.self,
                    ConfigCommand.self, StateCommand.self,
                ]),
            CommandGroup(
                name: "The fleet:", subcommands: [InstanceCommand.self, FleetCommand.self, MaintenanceCommand.self]),
            CommandGroup(
                name: "For applications:",
                subcommands: [
                    CheckUp.self, SocketCommand.self, RelayCommand.self, ResumeCommand.self, ForecastCommand.self,
                ]),
            CommandGroup(name: "To try it out:", subcommands: [LabCommand.self, Demo.self, Simulate.self]),
            CommandGroup(
                name: "Other:",
                subcommands: [
                    Release.self, Completions.self, InstanceProcessCommand.self, BinaryCheckCommand.self,
                    ReplaceProgramCommand.self,
                ]),
        ])
}

extension BinaryVersion {
    /// The version of this binary (PKG-6).
    static let own = BinaryVersion.own(commit: BuildCommit.text)
}
