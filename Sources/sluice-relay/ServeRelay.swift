import ArgumentParser
import Glibc
import Relay

/// The options of a relay, in every form of the command.
struct RelayOptions: ParsableArguments {
    @Option(help: "Where the control API listens.")
    var listen = "127.0.0.1:8474"

    @Option(help: "As toxiproxy's -host: the host of --listen.")
    var host: String?

    @Option(name: .customLong("host", withSingleDash: true), help: .hidden)
    var shortHost: String?

    @Option(
        name: [.customLong("port"), .customLong("port", withSingleDash: true)],
        help: "As toxiproxy's -port: the port of --listen.")
    var port: UInt16?

    @Option(
        name: [.customLong("config"), .customLong("config", withSingleDash: true)],
        help: "A JSON file of proxies, as the body of POST /populate.", completion: .file())
    var config: String?

    @Option(help: "A proxy: NAME=LISTEN,UPSTREAM. Can be repeated.")
    var proxy: [String] = []

    @Flag(name: [.customLong("proxy-metrics", withSingleDash: true), .customLong("proxy-metrics")], help: .hidden)
    var proxyMetrics = false

    @Flag(name: [.customLong("runtime-metrics", withSingleDash: true), .customLong("runtime-metrics")], help: .hidden)
    var runtimeMetrics = false

    var options: RelayProcess.Options {
        var options = RelayProcess.Options()
        options.listen = listen
        if host != nil || shortHost != nil || port != nil, let colon = listen.lastIndex(of: ":") {
            let name = shortHost ?? host ?? String(listen[..<colon])
            let isBare = name.contains(":") && !name.hasPrefix("[")
            options.listen =
                (isBare ? "[\(name)]" : name) + ":"
                + (port.map(String.init) ?? String(listen[listen.index(after: colon)...]))
        }
        options.config = config
        options.proxies = proxy
        options.version = RelayVersion.text
        return options
    }
}

/// Serves until SIGTERM or SIGINT.
struct ServeRelay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve proxies and the control API until SIGTERM or SIGINT. Without a command, this is what happens.")

    @OptionGroup var relay: RelayOptions

    @Flag(
        help: "Run the command after '--' in a network namespace, where silence is silence on the wire. Needs no root.")
    var namespaces = false

    @Argument(parsing: .postTerminator, help: "The command for --namespaces.")
    var command: [String] = []

    func validate() throws {
        if namespaces, command.isEmpty {
            throw ValidationError("Which command? Write it after '--', like '--namespaces --proxy db=… -- bash'.")
        }
        if !namespaces, !command.isEmpty {
            throw ValidationError("A command needs --namespaces, or 'run SCENARIO -- COMMAND'.")
        }
    }

    func run() throws {
        if namespaces { return try runInNamespaces() }
        let signals = TerminationSignals()
        let process = try RelayOutput.reporting { try RelayProcess(relay.options) { RelayOutput.line($0) } }
        RelayOutput.line("the control API is at http://\(process.address)")
        if let notice = process.notice { RelayOutput.line(notice) }
        signals.wait()
        process.stop()
    }

    /// Runs the command, and ends with its status.
    private func runInNamespaces() throws {
        signal(SIGPIPE, SIG_IGN)
        let status = try RelayOutput.reporting {
            let bed = try NamespaceBed()
            defer { bed.stop() }
            let process = try RelayProcess(relay.options, listeners: bed) { RelayOutput.line($0) }
            if let notice = process.notice { RelayOutput.line(notice) }
            process.useSilence(of: bed)
            defer { process.stop() }
            return try bed.start(command, environment: ["SLUICE_RELAY": "http://\(process.address)"]).wait()
        }
        throw ExitCode(status)
    }
}

/// The process that opens the relay's sockets in a network namespace. Not for people.
struct NamespaceListener: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "namespace-listener", shouldDisplay: false)

    func run() { NamespaceListenerProcess.run(socket: 3) }
}

/// Waits for SIGTERM or SIGINT. The signals are blocked from its creation on, in threads that start later too.
struct TerminationSignals {
    private var set: sigset_t

    init() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        self.set = set
        signal(SIGPIPE, SIG_IGN)
    }

    func wait() {
        var set = set
        var number: Int32 = 0
        sigwait(&set, &number)
    }
}

/// Lines for people, on stderr.
enum RelayOutput {
    static func line(_ text: String) {
        let bytes = Array("sluice-relay: \(text)\n".utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Writes the text of an error, and ends the program with status 1.
    static func reporting<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let problem as RelayProblem {
            line(problem.message)
        } catch {
            line("\(error)")
        }
        throw ExitCode.failure
    }
}

/// The version of Sluice. A test compares it with the other programs'.
enum RelayVersion {
    static let text = "0.12.0"
}
