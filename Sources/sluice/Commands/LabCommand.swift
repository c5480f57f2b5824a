import ArgumentParser
import Lab

/// `sluice lab`
struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "A ready-made topology in network namespaces, to try things out.",
        discussion: """
            client 10.1.0.10    fd00:1::10 ---.
                                               gw --- internet 203.0.113.10  2001:db8:3::10
            peer   10.2.0.10    fd00:2::10 ---'

            Sessions between client and peer are east-west. Sessions with internet are north-south.
            """,
        subcommands: [LabUp.self, LabExec.self, LabDown.self])
}

/// Selects a lab.
struct LabOption: ParsableArguments {
    @Option(
        name: .customLong("name"), help: "The name of the lab, and of the gateway in it.",
        completion: Completing.gateways)
    var name = GatewayOption.environment ?? Lab.defaultName
}

/// `sluice lab up`
struct LabUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Set up the lab, with a running gateway in it.")

    @OptionGroup var lab: LabOption

    @Option(help: "Divides every duration of the profile. With 60, a minute takes a second.")
    var timeScale = 1

    @Option(
        help: "Serve the gateway's API and page at this address in its network namespace, for example 127.0.0.1:8686.")
    var api: String?

    @Flag(help: "Don't start the gateway. Nothing is forwarded until it runs.")
    var bare = false

    func validate() throws {
        if let problem = Patience.problem { throw ValidationError(problem) }
    }

    func run() async throws {
        try Privilege.requireRoot(for: "sluice lab up")
        let lab = try Lab.up(name: lab.name)
        let configuration = lab.configuration(
            timeScale: timeScale, extra: api.map { "api: { listen: \"\($0)\" }" } ?? "")
        do {
            if bare {
                let path = try lab.write(configuration, to: "sluice.yaml")
                LabText.showBare(lab, configuration: path)
            } else {
                _ = try await lab.startGateway(configuration: configuration)
                LabText.showRunning(lab, timeScale: timeScale)
            }
        } catch {
            // The first error is the one to report.
            try? lab.down()
            throw error
        }
    }
}

/// `sluice lab exec`
struct LabExec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in a zone of the lab, or on its gateway.",
        usage: "sluice lab exec [--name NAME] ZONE -- COMMAND ...")

    @OptionGroup var lab: LabOption

    @Argument(
        help: "client, peer, internet, or gw for the gateway.", completion: LabExec.places.completion,
        transform: { try LabExec.places.read($0) })
    var zone: LabPlace

    @Argument(
        parsing: .postTerminator, help: "The command and its arguments. By default a shell.",
        completion: .file())
    var command: [String] = []

    func run() throws {
        try Privilege.requireRoot(for: "sluice lab exec")
        try Lab.existing(name: lab.name).replaceProcess(in: zone, command)
    }

    static let places = WordList("zone of the lab", LabPlace.all.map { .init(word: $0.name, value: $0) })
}

/// `sluice lab down`
struct LabDown: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "End the lab, and everything that runs in it.")

    @OptionGroup var lab: LabOption

    func run() throws {
        try Privilege.requireRoot(for: "sluice lab down")
        try Lab.down(name: lab.name)
        Console.note("lab \(lab.name) is gone")
    }
}
