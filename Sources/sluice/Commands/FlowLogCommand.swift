import ArgumentParser
import FlowLog
import FoundationEssentials
import Inspection
import Policy

/// `sluice flow-log`
struct FlowLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow-log",
        abstract: "Read flow logs: this gateway's, or any in the same formats.",
        subcommands: [FlowLogTail.self, FlowLogQueryCommand.self])
}

/// Which log, and which of its tuples are meant.
struct FlowLogOptions: ParsableArguments {
    @Option(help: "Where the log is; by default where the gateway writes it.")
    var directory: String?

    @Option(help: "Read this format: nsg-v2 or vnet-v4; by default vnet-v4 if it is there.", transform: Self.format)
    var format: FlowLogSettings.Format?

    @Option(help: "Prefix or address of the end that opened the session.", transform: FilterOptions.prefix)
    var source: AddressPrefix?

    @Option(help: "Prefix or address of the end that it was opened to.", transform: FilterOptions.prefix)
    var destination: AddressPrefix?

    @Option(help: "Port of either end.")
    var port: UInt16?

    @Option(
        name: .customLong("protocol"), help: "Protocol: a name like tcp, or a number.",
        transform: FilterOptions.ipProtocol)
    var ipProtocol: UInt8?

    @Option(help: "Name of the deciding rule.")
    var rule: String?

    @Flag(help: "Only what was denied.")
    var denied = false

    @Flag(help: "Only what was allowed.")
    var allowed = false

    @Option(help: "Only the last while: 15m, 2h, 7d.", transform: Self.duration)
    var last: UInt64?

    func validate() throws {
        if denied, allowed { throw ValidationError("--denied and --allowed leave nothing: give one of them") }
    }

    static func format(_ text: String) throws -> FlowLogSettings.Format {
        guard let format = FlowLogSettings.Format(rawValue: text) else {
            throw ValidationError("'\(text)' is no format of a flow log: write nsg-v2 or vnet-v4")
        }
        return format
    }

    static func duration(_ text: String) throws -> UInt64 {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("'\(text)' is not a duration: write for example 15m, 2h or 7d")
        }
        return duration
    }

    /// - Parameter now: nanoseconds since 1970.
    func filter(now: UInt64) -> FlowLogFilter {
        var filter = FlowLogFilter()
        filter.source = source
        filter.destination = destination
        filter.port = port
        filter.ipProtocol = ipProtocol
        filter.rule = rule
        filter.decision = denied ? .denied : allowed ? .allowed : nil
        filter.since = last.map { now - min(now, $0) }
        return filter
    }

    var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970) * 1e9) }

    /// The log's directory and the container of the format to read.
    func resolve(_ gateway: GatewayOption) throws -> (directory: String, container: String) {
        let directory = try self.directory ?? configured(gateway)
        switch format {
        case .nsgVersion2: return (directory, RecordPath.version2Container)
        case .virtualNetworkVersion4: return (directory, RecordPath.version4Container)
        case nil: return (directory, FlowLogReading.container(in: directory) ?? RecordPath.version4Container)
        }
    }

    private func configured(_ gateway: GatewayOption) throws -> String {
        let name = try gateway.resolve()
        guard let settings = try GatewayDirectory(gateway: name).configuration().flowLog else {
            throw CommandFailure(
                what: "gateway \(name) logs no sessions",
                next: "add flowLog: { directory: /var/log/sluice } to its configuration, then: sluice reload")
        }
        return settings.directory
    }
}

/// `sluice flow-log tail`
struct FlowLogTail: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the last tuples, and with --follow those that come.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var log: FlowLogOptions
    @OptionGroup var output: OutputOption

    @Option(name: .customLong("lines"), help: "How many.")
    var count = 20

    @Flag(help: "Go on with what comes, until interrupted.")
    var follow = false

    func validate() throws {
        guard count >= 0 else { throw ValidationError("--lines is \(count): write 0 or more") }
    }

    func run() throws {
        let (directory, container) = try log.resolve(gateway)
        var follower = FlowLogFollower(directory: directory, container: container)
        let filter = log.filter(now: log.now)
        write(follower.next().filter(filter.matches).suffix(count))
        while follow {
            Pause.seconds(1)
            write(follower.next().filter(filter.matches)[...])
        }
    }

    private func write(_ items: ArraySlice<FlowLogDocument.Item>) {
        guard !items.isEmpty else { return }
        if output.isJSON {
            for item in items { Console.output(FlowLogRendering.json(item)) }
        } else {
            for item in items { Console.output(FlowLogRendering.line(item) + "\n") }
        }
    }
}

/// `sluice flow-log query`
struct FlowLogQueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Sum the log up: in all, by rule, and who moved most.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var log: FlowLogOptions
    @OptionGroup var output: OutputOption

    @Option(help: "How many of the ends that moved most.")
    var top = 10

    func validate() throws {
        guard top >= 0 else { throw ValidationError("--top is \(top): write 0 or more") }
    }

    func run() throws {
        let (directory, container) = try log.resolve(gateway)
        var sums = FlowLogSums()
        let unreadable = FlowLogReading.forEach(
            in: directory, container: container, filter: log.filter(now: log.now)
        ) { sums.add($0) }
        if unreadable > 0 {
            Console.note("\(HumanText.count(unreadable, of: "record")) in \(directory) could not be read")
        }
        Console.output(
            output.isJSON ? try FlowLogRendering.json(sums, top: top) : FlowLogRendering.tables(sums, top: top))
    }
}
