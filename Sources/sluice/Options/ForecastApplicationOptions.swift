import ArgumentParser
import Forecast
import Simulation

/// The application of a forecast.
struct ForecastApplicationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long its sessions live: persistent, exponential:8h, fixed:24h, or a file with a length on each line.",
            valueName: "lengths"))
    var session: String?

    @Option(
        name: .customLong("keepalive"),
        help: ArgumentHelp(
            "off, 30/10/3 (seconds idle, seconds between probes, probes), or app:60 (the application sends every 60 s).",
            valueName: "keep-alive"))
    var keepAlive = "30/10/3"

    @Option(help: "The share of packets that are lost on the way to the firewall: 0.1%.")
    var loss = "0.1%"

    @Option(
        help: ArgumentHelp(
            "Times without traffic: exponential:90s, endless (only keep-alives), or a file with a time on each line.",
            valueName: "gaps"))
    var idleGaps: String?

    @Option(
        help: "Take lengths and gaps of sessions from this flow log: of a gateway, or of Azure.",
        completion: .directory)
    var fromFlowLog: String?

    @Option(help: "Use only flows of this port in the flow log.")
    var port: UInt16?

    @Option(
        help: "Whether it connects again by itself: firewallReset or none.", completion: Self.retries.completion,
        transform: { try Self.retries.read($0) })
    var retry: RetryChoice = .firewallReset

    @Option(help: "The time until a person restarts it, with --retry none.")
    var restart = "15m"

    @Option(help: "The length of a transaction, which is done again after a disruption.")
    var redo = "5m"

    @Option(help: "How many such connections there are.")
    var count = 1

    static let retries = WordList("retry", RetryChoice.allCases.map { .init(word: $0.rawValue, value: $0) })

    /// Returns what a reader must know about the values.
    func apply(to settings: inout ForecastSettings, files: ForecastText.Files) throws -> [String] {
        settings.keepAlive = try ForecastText.keepAlive(keepAlive)
        settings.loss = try ForecastText.share(loss, option: "--loss")
        settings.retry = retry
        settings.restart = try ForecastText.duration(restart, option: "--restart")
        settings.redo = try ForecastText.duration(redo, option: "--redo")
        settings.connections = count
        if let session { settings.session = try ForecastText.session(session, files: files) }
        if let idleGaps { settings.gaps = try ForecastText.gaps(idleGaps, files: files) }
        guard let fromFlowLog else {
            guard let port else { return [] }
            throw ForecastProblem("--port \(port) selects flows of no flow log", instead: "add --from-flow-log PATH")
        }
        let log = try ForecastFlowLog(fromFlowLog, port: port)
        if session == nil { settings.session = .sampled(log.lengths) }
        if idleGaps == nil { settings.gaps = .sampled(log.gaps) }
        return [log.note]
    }
}
