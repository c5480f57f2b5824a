import ArgumentParser
import FoundationEssentials
import Gateway
import Glibc
import Inspection
import Kernel
import Policy
import Store

/// `sluice state`
struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Back up and restore what a gateway keeps across restarts.",
        discussion: """
            The file contains the history, the fleet's state, the API's tokens, and the configuration with the files that it names. \
            It contains secrets: protect it like a private key. It does not contain live sessions or flow logs.
            """,
        subcommands: [StateExport.self, StateImport.self])

    /// Path of the package's configuration.
    static let usualConfiguration = "/etc/sluice/sluice.yaml"

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}

/// `sluice state export`
struct StateExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the state of a gateway to a file. The gateway may run meanwhile.",
        discussion: "The file is a tar archive that only its owner can read.")

    @Option(
        name: .customLong("gateway"),
        help: "The gateway's name. It need not run. Needed only if there are several.",
        completion: Completing.histories)
    var gateway: String?

    @Option(help: "Directory of its state. By default that of the gateway's configuration.", completion: .directory)
    var stateDirectory: String?

    @Option(
        name: .customLong("config"),
        help:
            "The configuration of a gateway that does not run. By default \(StateCommand.usualConfiguration), if it exists.",
        completion: Completing.configurations)
    var file: String?

    @OptionGroup var output: OutputOption

    @Argument(help: "The file to write.", completion: .file())
    var archive: String

    func run() throws {
        let location = try HistoryLocation.find(
            gateway: gateway ?? GatewayOption.environment, stateDirectory: stateDirectory)
        let usual = StateCommand.usualConfiguration
        let backup = StateBackup(gateway: location.gateway, stateDirectory: location.stateDirectory)
        let manifest = try backup.export(
            to: archive, configurationFile: file ?? (access(usual, R_OK) == 0 ? usual : nil), version: .own,
            now: StateCommand.now)
        if output.isJSON { return Console.output(try JSONText.of(manifest)) }
        for member in manifest.members { Console.outputLine("\(member.name) \(member.bytes) bytes") }
        Console.note("the state of gateway \(manifest.gateway) is in \(archive); it holds secrets")
    }
}

/// `sluice state import`
struct StateImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Restore the state of a gateway that is stopped.",
        discussion: """
            All of it is restored, or nothing is changed. The configuration is written only with --config.
            """)

    @Option(
        name: .customLong("gateway"),
        help: "The gateway's name here. By default the name in its configuration, or in the archive.")
    var gateway: String?

    @Option(help: "Directory for its state.", completion: .directory)
    var stateDirectory = HistoryPath.standardDirectory

    @Option(
        name: .customLong("config"), help: "Also write the configuration, to this file.",
        completion: Completing.configurations)
    var file: String?

    @Flag(help: "Move existing state aside.")
    var replace = false

    @Argument(help: "The file that 'sluice state export' wrote.", completion: .file())
    var archive: String

    func run() throws {
        let manifest = try StateBackup.manifest(of: archive)
        // The configuration of this machine names the gateway that will read the state.
        let configured = file == nil ? try? Configuration.read(path: StateCommand.usualConfiguration).gateway : nil
        let backup = StateBackup(
            gateway: gateway ?? configured ?? manifest.gateway, stateDirectory: stateDirectory)
        let aside = try backup.restore(
            from: archive, configurationFile: file, replacing: replace, now: StateCommand.now)
        if let aside { Console.note("the earlier state is in \(aside)") }
        Console.note("restored the state of gateway \(manifest.gateway)\nnext: systemctl start sluice")
    }
}
