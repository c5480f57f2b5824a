import ArgumentParser
import FlowLog
import FoundationEssentials
import Inspection
import Policy

/// `sluice flow-log`
struct FlowLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flow-log",
        abstract: "Read flow logs of this gateway, or others in the same formats.",
        subcommands: [FlowLogTail.self, FlowLogQueryCommand.self])
}

/// Selects a log, and tuples in it.
struct FlowLogOptions: ParsableArguments {
    @Option(
        help:
            "Directory or file of the log, also one downloaded from a storage account. By default where the gateway writes it.",
        completion: .directory)
    var directory: String?

    @Option(
        help: "Read this format: nsg-v2 or vnet-v4. By default vnet-v4 if it exists.",
        completion: FlowLogOptions.formats.completion, transform: { try FlowLogOptions.formats.read($0) })
    var format: FlowLogSettings.Format?

    @OptionGroup var ends: EndOptions

    @Option(help: "Name of the deciding rule.", completion: Completing.rules)
    var rule: String?

    @Flag(help: "Only denied flows.")
    var denied = false

    @Flag(help: "Only allowed flows.")
    var allowed = false

    @Option(help: "Only the most recent part, as a duration: 15m, 2h, 7d.", transform: Self.duration)
    var last: UInt64?

    func validate() throws {
        if denied, allowed { throw ValidationError("--denied and --allowed exclude each other: give one of them") }
    }

    static let formats = WordList(
        "format of a flow log", FlowLogSettings.Format.allCases.map { .init(word: $0.rawValue, value: $0) })

    static func duration(_ text: String) throws -> UInt64 {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("'\(text)' is not a duration: write for example 15m, 2h or 7d")
        }
        return duration
    }

    /// - Parameter now: nanoseconds since 1970.
    func filter(now: UInt64) -> FlowLogFilter {
        var filter = FlowLogFilter()
        filter.source = ends.source
        filter.destination = ends.destination
        filter.port = ends.port
        filter.ipProtocol = ends.ipProtocol
        filter.rule = rule
        filter.decision = denied ? .denied : allowed ? .allowed : nil
        filter.since = last.map { now - min(now, $0) }
        return filter
    }

    var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970) * 1e9) }

    /// Path of the log: as given, or where the gateway writes it.
    func root(_ gateway: GatewayOption) throws -> String { try directory ?? configured(gateway) }

    /// The log's files.
    func tree(_ gateway: GatewayOption) throws -> FlowLogTree {
        let root = try root(gateway)
        do {
            return try FlowLogTree(root)
        } catch {
            throw CommandFailure(
                what: "no flow log can be read: \(error)", next: Self.remedy(error, isOwn: directory == nil))
        }
    }

    /// The format to read: as requested, or the first that exists.
    func format(in tree: FlowLogTree) throws -> FlowLogSettings.Format {
        guard let asked = format else {
            guard let first = tree.formats.first else {
                let error = FlowLogTree.Failure.empty(tree.root)
                throw CommandFailure(what: "\(error)", next: Self.remedy(error, isOwn: directory == nil))
            }
            return first
        }
        guard tree.formats.contains(asked) || tree.files.isEmpty else {
            let known = tree.formats.map(\.rawValue)
            throw CommandFailure(
                what: "\(tree.root) has no \(asked.rawValue) flow log, but \(known.joined(separator: " and "))",
                next: "leave out --format, or write --format \(known[0])")
        }
        return asked
    }

    private static func remedy(_ error: FlowLogTree.Failure, isOwn: Bool) -> String {
        switch error {
        case .missing: isOwn ? "sluice status shows why the gateway can't write it" : "name it with --directory"
        case .unreadable: "run it as a user who may read it"
        case .empty:
            "name with --directory what 'az storage blob download-batch' has written, a gateway's flowLog.directory, "
                + "or one PT1H.json"
        case .tooLarge: "name only the folder of the log with --directory"
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
        commandName: "tail", abstract: "Show the last tuples, and with --follow also new ones.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var log: FlowLogOptions
    @OptionGroup var output: OutputOption

    @Option(name: .customLong("lines"), help: "The number of tuples.")
    var count = 20

    @Flag(help: "Also show new tuples, until interrupted.")
    var follow = false

    func validate() throws {
        guard count >= 0 else { throw ValidationError("--lines is \(count): write 0 or more") }
    }

    func run() throws {
        let root = try log.root(gateway)
        let isOwn = log.directory == nil
        // The gateway may write its first file later.
        if !isOwn || !follow {
            let tree = try log.tree(gateway)
            if isOwn, tree.files.isEmpty {
                Console.note("nothing is logged yet in \(root)")
            } else {
                _ = try log.format(in: tree)
            }
        }
        var follower = FlowLogFollower(root: root, format: log.format)
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
        commandName: "query", abstract: "Sum up the log: in total, by rule, and for the top talkers (by bytes).")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var log: FlowLogOptions
    @OptionGroup var output: OutputOption

    @Option(help: "The number of top talkers to show.")
    var top = 10

    func validate() throws {
        guard top >= 0 else { throw ValidationError("--top is \(top): write 0 or more") }
    }

    func run() throws {
        let tree = try log.tree(gateway)
        let filter = log.filter(now: log.now)
        var sums = FlowLogSums()
        if tree.files.isEmpty, log.directory == nil {
            Console.note("nothing is logged yet in \(tree.root)")
        } else {
            let outcome = FlowLogReading.forEach(in: tree, format: try log.format(in: tree), filter: filter) {
                sums.add($0)
            }
            if outcome.unreadable > 0, outcome.read == 0 {
                throw CommandFailure(
                    what:
                        "\(tree.root): none of its \(HumanText.count(outcome.unreadable, of: "record")) is in a documented format",
                    next:
                        "name another --directory: known are NSG flow logs of versions 1 and 2, and virtual network flow logs of version 4"
                )
            }
            if outcome.unreadable > 0 {
                Console.note("\(HumanText.count(outcome.unreadable, of: "record")) in \(tree.root) could not be read")
            }
            sums.unreadable = outcome.unreadable
        }
        sums.omitted = FlowLogReading.omissions(in: tree.root, since: filter.since)
        if output.isJSON {
            Console.output(try JSONText.of(FlowLogReport(sums, top: top)))
        } else {
            Console.page(FlowLogRendering.tables(sums, top: top))
        }
    }
}
