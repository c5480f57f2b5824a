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
        commandName: "state", abstract: "What a gateway keeps beyond its restarts, as one file, and back.",
        discussion: """
            In it are the history, the fleet's state, the API's tokens, and the configuration with the files that it names. It holds \
            secrets: keep it as you keep keys. Live sessions and flow logs are not in it.
            """,
        subcommands: [StateExport.self, StateImport.self])

    /// Where the package has its configuration.
    static let usualConfiguration = "/etc/sluice/sluice.yaml"

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}

/// `sluice state export`
struct StateExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the state of a gateway into a file; it may run meanwhile.",
        discussion: "The file is a tar archive that only its owner can read.")

    @Option(
        name: .customLong("gateway"),
        help: "The gateway's name, also of one that runs no more; needed only where there are several.",
        completion: Completing.histories)
    var gateway: String?

    @Option(help: "Where its state is; by default as the gateway's configuration says.", completion: .directory)
    var stateDirectory: String?

    @Option(
        name: .customLong("config"),
        help:
            "The configuration of a gateway that does not run; by default \(StateCommand.usualConfiguration), if that is there.",
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
            All of it is restored, or nothing is changed. The configuration is written only where --config says so.
            """)

    @Option(
        name: .customLong("gateway"),
        help: "The name that the gateway has here; by default as its configuration says, or as the archive does.")
    var gateway: String?

    @Option(help: "Where its state belongs.", completion: .directory)
    var stateDirectory = HistoryPath.standardDirectory

    @Option(
        name: .customLong("config"), help: "Also write the configuration, to this file.",
        completion: Completing.configurations)
    var file: String?

    @Flag(help: "Move aside what is there.")
    var replace = false

    @Argument(help: "The file that 'sluice state export' wrote.", completion: .file())
    var archive: String

    func run() throws {
        let manifest = try StateBackup.manifest(of: archive)
        // The configuration of this machine names the gateway that will look for the state.
        let configured = file == nil ? try? Configuration.read(path: StateCommand.usualConfiguration).gateway : nil
        let backup = StateBackup(
            gateway: gateway ?? configured ?? manifest.gateway, stateDirectory: stateDirectory)
        let aside = try backup.restore(
            from: archive, configurationFile: file, replacing: replace, now: StateCommand.now)
        if let aside { Console.note("what was there is in \(aside)") }
        Console.note("restored the state of gateway \(manifest.gateway)\nnext: systemctl start sluice")
    }
}
