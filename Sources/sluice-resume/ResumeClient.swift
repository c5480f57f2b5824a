import ArgumentParser
import Glibc
import Logging
import Resume
import SluiceResilienceNIO

/// `sluice-resume client`
struct ResumeClient: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Take connections of local applications, and carry them to targets behind a server.",
        discussion: """
            At least one of --forward, --listen with --target, --socks and --stdio. Each listening address is printed as a line on \
            stdout. SIGTERM ends it, SIGUSR1 logs how many streams there are.
            """)

    @Option(help: "The server: HOST:PORT.", transform: HostPort.parse)
    var server: HostPort

    @Option(
        help: ArgumentHelp("The secret that the server has, too. Both prove it; it is not sent.", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "In place of a token: a certificate that the server's --client-ca has signed.", valueName: "file"),
        completion: .file())
    var certificate: String?

    @Option(help: ArgumentHelp("The key of the certificate.", valueName: "file"), completion: .file())
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Who signs the server's certificate. Without: with a token any certificate, because the server proves the token; else the authorities of this machine.",
            valueName: "file"), completion: .file())
    var ca: String?

    @Option(
        help: ArgumentHelp("The name in the server's certificate. Without: the host of --server.", valueName: "name"))
    var serverName: String?

    @Option(
        help: ArgumentHelp(
            "A local port and its target: 127.0.0.1:5432=db:5432, or 5432=db:5432. Can be repeated.",
            valueName: "listen=target"),
        transform: PortForwarding.parse)
    var forward: [PortForwarding] = []

    @Option(
        help: ArgumentHelp("A local port, with --target.", valueName: "host:port"), transform: HostPort.parseListener)
    var listen: HostPort?

    @Option(help: ArgumentHelp("The target of --listen.", valueName: "host:port"), transform: HostPort.parse)
    var target: HostPort?

    @Option(
        help: ArgumentHelp(
            "A local port for SOCKS5: the application names the target. Can be repeated.", valueName: "host:port"),
        transform: HostPort.parseListener)
    var socks: [HostPort] = []

    @Option(
        help: ArgumentHelp(
            "Carry stdin and stdout to this target, as ssh's ProxyCommand does.", valueName: "host:port"),
        transform: HostPort.parse)
    var stdio: HostPort?

    @Option(
        help: ArgumentHelp(
            "How long a lost connection is tried again, before the applications are reset.", valueName: "time"),
        transform: OptionTexts.patience)
    var patience = Duration.seconds(300)

    @Option(
        help: ArgumentHelp("How long the first connection of a stream is tried.", valueName: "time"),
        transform: OptionTexts.patience)
    var beginPatience = Duration.seconds(30)

    @Option(
        help: ArgumentHelp(
            "Replace each connection after this time, give or take a fifth, before the firewall ends it.",
            valueName: "time"),
        transform: OptionTexts.renewal)
    var renewAfter: Duration?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (listen == nil) != (target == nil) {
            throw ValidationError("--listen and --target belong together: '--listen 127.0.0.1:5432 --target db:5432'.")
        }
        guard listen != nil || !forward.isEmpty || !socks.isEmpty || stdio != nil else {
            throw ValidationError(
                "Nothing to carry: write --forward 127.0.0.1:5432=db:5432, --socks 127.0.0.1:1080, or --stdio db:5432.")
        }
        if tokenFile != nil, certificate != nil {
            throw ValidationError(
                "--token-file and --certificate are two ways to prove who this client is: write one of them.")
        }
        guard tokenFile != nil || certificate != nil else {
            throw ValidationError(
                "How does this client prove who it is? Write --token-file FILE ('sluice resume token FILE' makes one, for both ends), or --certificate FILE --key FILE."
            )
        }
        if (certificate == nil) != (key == nil) {
            throw ValidationError("--certificate and --key belong together.")
        }
    }

    func run() throws {
        let signals = ProcessSignals()
        let log = LineLog.logger(level: common.logLevel.level)
        let status = try ResumeOutput.reporting {
            var options = ResumeClientProcess.Options(
                server: server, credentials: try credentials(log), streams: StreamClientOptions())
            options.streams.limits.bufferBytes = common.buffer
            options.streams.patience.resume = patience
            options.streams.patience.begin = beginPatience
            options.streams.patience.renewAfter = renewAfter
            options.forwardings = forward
            if let listen, let target { options.forwardings.append(PortForwarding(listener: listen, target: target)) }
            options.socks = socks
            options.standardTarget = stdio
            options.maximumStreams = common.maxStreams
            let process = try ResumeClientProcess(options, log: log)
            // stdout belongs to the stream of --stdio.
            for address in process.addresses {
                if stdio == nil {
                    ResumeOutput.line(address)
                } else {
                    log.notice("listening", metadata: ["on": "\(address)"])
                }
            }
            return try process.run(signals)
        }
        throw ExitCode(status)
    }

    private func credentials(_ log: Logger) throws -> ClientCredentials {
        let files = CredentialFiles(now: time(nil)) { log.warning("\($0)") }
        let roots = try ca.map { try files.authorities($0) }
        if let tokenFile {
            return ClientCredentials(.token(try TokenFile.read(tokenFile)), trustRoots: roots, serverName: serverName)
        }
        let (chain, key) = try files.pair(certificate: certificate ?? "", key: key ?? "")
        return ClientCredentials(.certificate(chain: chain, key: key), trustRoots: roots, serverName: serverName)
    }
}
