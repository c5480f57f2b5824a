import ArgumentParser
import FoundationEssentials
import Gateway
import Inspection
import Policy
import Store

/// `sluice event`
struct EventCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event",
        abstract: "The history: what has happened to the gateway, and why. It survives restarts.",
        subcommands: [EventList.self, EventFollow.self])
}

/// Selects a history, and events in it.
struct EventOptions: ParsableArguments {
    @Option(
        name: .customLong("gateway"),
        help: "The gateway's name. It need not run. Needed only if there are several.",
        completion: Completing.histories)
    var gateway: String?

    @Option(help: "Directory of histories. By default that of the gateway's configuration.", completion: .directory)
    var stateDirectory: String?

    @Option(
        help: "Only events since then: a duration before now (15m, 2h, 7d), or a time (2026-03-01T12:00:00Z).",
        transform: Self.since)
    var since: Since?

    @Option(
        help: "Only events of this kind, as the list shows it. May be given several times.",
        completion: EventOptions.kinds.completion, transform: { try EventOptions.kinds.read($0) })
    var kind: [String] = []

    @Option(
        help: "Only events of this instance. May be given several times.", completion: Completing.instances)
    var instance: [UInt16] = []

    static let kinds = WordList("kind of event", EventKinds.all.map { .init(word: $0, value: $0) })

    enum Since: Equatable {
        case ago(nanoseconds: UInt64)
        /// Nanoseconds since 1970.
        case moment(UInt64)
    }

    static func since(_ text: String) throws -> Since {
        if let duration = DurationText.parse(text) { return .ago(nanoseconds: duration) }
        if let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 >= 0 {
            return .moment(UInt64(date.timeIntervalSince1970) * 1_000_000_000)
        }
        throw ValidationError(
            "'\(text)' is not a time: write a duration like 2h or 7d, or a time like 2026-03-01T12:00:00Z")
    }

    /// - Parameter now: nanoseconds since 1970.
    func filter(now: UInt64) -> HistoryFilter {
        var filter = HistoryFilter(kinds: kind, subjects: instance.map { "instance \($0)" })
        switch since {
        case .ago(let nanoseconds): filter.since = now - min(now, nanoseconds)
        case .moment(let moment): filter.since = moment
        case nil: break
        }
        return filter
    }

    var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970) * 1e9) }

    func find() throws -> HistoryLocation {
        try HistoryLocation.find(gateway: gateway ?? GatewayOption.environment, stateDirectory: stateDirectory)
    }
}

/// `sluice event list`
struct EventList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List events, oldest first.")

    @OptionGroup var events: EventOptions
    @OptionGroup var output: OutputOption

    @Option(help: "The number of events: the newest ones.")
    var limit = 100

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit is \(limit): write 1 or more") }
    }

    func run() throws {
        let reader = try events.find().open()
        let filter = events.filter(now: events.now)
        // One more than asked for: it shows whether there are more.
        let found = try reader.events(filter, limit: limit == .max ? limit : limit + 1)
        let views = found.suffix(limit).map(EventView.init)
        if found.count > limit { Console.note("older events are left out: --limit shows more") }
        Console.output(
            output.isJSON ? try JSONText.of(views) : EventRendering.table(views).text(style: Console.style))
    }
}

/// `sluice event follow`
struct EventFollow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow", abstract: "Show new events as they happen, one line each, until interrupted.")

    /// Pause between two polls.
    private static let pauseSeconds = 0.5
    /// Events in one read.
    private static let portion = 1000

    @OptionGroup var events: EventOptions
    @OptionGroup var output: OutputOption

    @Option(help: "Begin with this number of past events, the newest ones. With --since the default is all.")
    var limit: Int?

    func validate() throws {
        guard limit ?? 0 >= 0 else { throw ValidationError("--limit is \(limit ?? 0): write 0 or more") }
    }

    func run() throws {
        let location = try events.find()
        var reader = try location.open()
        var filter = events.filter(now: events.now)
        var last = try reader.lastIdentifier()
        let first = limit ?? (filter.since == nil ? 10 : HistoryReader.maximumEvents)
        try write(reader.events(filter, limit: first).filter { $0.id <= last })
        while true {
            Pause.seconds(Self.pauseSeconds)
            if !reader.isInPlace {
                // The history was moved aside or created again: its numbers are new.
                guard let new = try? location.open() else { continue }
                (reader, last) = (new, 0)
            }
            filter.after = last
            let new = (try? reader.events(filter, limit: Self.portion)) ?? []
            try write(new)
            last = new.last?.id ?? last
        }
    }

    private func write(_ new: [HistoryEvent]) throws {
        for event in new {
            let view = EventView(event)
            Console.output(output.isJSON ? try EventRendering.jsonLine(view) : EventRendering.line(view) + "\n")
        }
    }
}
