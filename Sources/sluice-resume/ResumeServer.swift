import ArgumentParser
import Glibc
import Logging
import Resume
import SluiceResilienceNIO

/// `sluice-resume server`
struct ResumeServer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Connect to targets for clients, and keep their connections while the clients have none.",
        discussion: """
            It connects only to targets that an --allow permits. The listening address is printed as a line on stdout. SIGTERM ends \
            it, and all streams; SIGUSR1 logs how many streams there are.
            """)

    @Option(
        help: ArgumentHelp("Where it listens. Without a host: on all addresses.", valueName: "host:port"),
        transform: HostPort.parseListener)
    var listen = HostPort(host: "", port: 7443)

    @Option(
        help: ArgumentHelp("The server's certificate, and intermediate ones.", valueName: "file"), completion: .file())
    var certificate: String

    @Option(help: ArgumentHelp("Its key.", valueName: "file"), completion: .file())
    var key: String

    @Option(
        help: ArgumentHelp(
            "The secret of a client: FILE, or NAME=FILE with the name that the log shows. Can be repeated.",
            valueName: "name=file"),
        completion: .file())
    var tokenFile: [String] = []

    @Option(
        help: ArgumentHelp("Who signs the certificates of clients (mutual TLS).", valueName: "file"),
        completion: .file())
    var clientCa: String?

    @Option(
        help: ArgumentHelp(
            "Where clients may connect to: db:5432, 10.9.0.0/24:3200-3299, [2001:db8::]/32:443. A name permits that name only; the addresses of other names are judged by the rules with addresses. Can be repeated.",
            valueName: "host:ports"),
        transform: AllowRule.parseList)
    var allow: [[AllowRule]] = []

    @Option(
        help: ArgumentHelp(
            "How much all streams together keep to send again. New streams are refused beyond it.", valueName: "size"),
        transform: OptionTexts.memory)
    var maxMemory = 1 << 30

    @Option(
        help: ArgumentHelp(
            "The longest time for which a stream without a connection is kept, whatever its client's --patience is.",
            valueName: "time"),
        transform: OptionTexts.patience)
    var retention = Duration.seconds(3600)

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !allow.isEmpty else {
            throw ValidationError(
                "Which targets may clients reach? Write --allow HOST:PORTS, like '--allow db:5432' or '--allow 10.9.0.0/24:3200-3299'; there is none by default."
            )
        }
        guard !tokenFile.isEmpty || clientCa != nil else {
            throw ValidationError(
                "How do clients prove who they are? Write --token-file FILE ('sluice resume token FILE' makes one, for both ends), or --client-ca FILE."
            )
        }
    }

    func run() throws {
        let signals = ProcessSignals()
        let log = LineLog.logger(level: common.logLevel.level)
        try ResumeOutput.reporting {
            var streams = StreamServerOptions()
            streams.limits.bufferBytes = common.buffer
            streams.maximumStreams = common.maxStreams
            streams.maximumBytes = maxMemory
            streams.longestRetention = retention
            let process = try ResumeServerProcess(
                .init(
                    listener: listen, credentials: try credentials(log), rules: AllowList(allow.flatMap { $0 }),
                    streams: streams),
                log: log)
            ResumeOutput.line(process.address)
            try process.run(signals)
        }
    }

    private func credentials(_ log: Logger) throws -> ServerCredentials {
        let files = CredentialFiles(now: time(nil)) { log.warning("\($0)") }
        let (chain, key) = try files.pair(certificate: certificate, key: key)
        var tokens: [String: [UInt8]] = [:]
        for text in tokenFile {
            let (name, path) = try TokenFile.named(text)
            guard tokens[name] == nil else {
                throw ResumeProblem(
                    "--token-file: two tokens have the name '\(name)': write NAME=FILE with different names")
            }
            let token = try TokenFile.read(path)
            if let other = tokens.first(where: { $0.value == token }) {
                throw ResumeProblem(
                    "--token-file: '\(other.key)' and '\(name)' are the same token: make one for each client")
            }
            tokens[name] = token
        }
        return ServerCredentials(
            chain: chain, key: key, clientRoots: try clientCa.map { try files.authorities($0) }, tokens: tokens)
    }
}
