import ArgumentParser
import FlowLog
import FoundationEssentials
import Inspection
import Kernel

/// `sluice session trace`
struct SessionTrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Follow a session from now to its end, with a line for each change.",
        discussion: """
            Shows states, positions of both ends, owner, resets, and the end reason. It reads the shared memory every 10 ms, which \
            does not delay packets. If something changes several times between two reads, only the last value is shown. With --json \
            each change is a JSON object on its own line.
            """)

    private static let pauseSeconds = 0.01

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Option(help: "The least time between two lines of positions, in seconds; 0 for every read with a change.")
    var interval = 0.2

    @Argument(
        help: "The session's id, as 'sluice session list' shows it.", completion: Completing.sessions,
        transform: SessionShow.identifier)
    var id: SessionIdentifier

    func validate() throws {
        guard interval >= 0, interval <= 3600 else {
            throw ValidationError("--interval is \(interval): write seconds from 0 to 3600")
        }
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        guard let first = inspector.memory.record(id) else {
            throw CommandFailure(
                what: "gateway \(inspector.gateway) has no session \(id): it has ended, or never existed",
                next: "sluice session list --gateway \(inspector.gateway)")
        }
        var describer = inspector.describer()
        let began = MonotonicClock.nanoseconds()
        var tracer = SessionTracer(first, now: began, positionInterval: UInt64(interval * 1e9))
        func write(_ kind: SessionTraceEvent.Kind, _ what: String, _ record: SessionRecord) throws {
            describer.nowNanoseconds = MonotonicClock.nanoseconds()
            let time = WallTime(nanoseconds: PacketWatching.clockOffset &+ describer.nowNanoseconds).text
            let event = describer.event(kind, what, of: record, time: time)
            Console.output(
                output.isJSON ? try PacketRendering.jsonLine(event) : SessionRendering.line(event) + "\n")
        }
        let shown = describer.view(first)
        try write(
            .begin,
            "\(shown.protocol) \(shown.source.text) > \(shown.destination.text), rule \(shown.rule), \(shown.state)",
            first)
        var iterations = 0
        while let record = inspector.memory.record(id) {
            for event in tracer.observe(record, now: MonotonicClock.nanoseconds()) {
                try write(event.kind, event.what, record)
            }
            Pause.seconds(Self.pauseSeconds)
            iterations += 1
            // The memory of a stopped gateway stays mapped here, but nothing changes it any more.
            if iterations % 100 == 0, !Datapath.exists(gateway: inspector.gateway) { break }
        }
        let (record, what) = tracer.end(remains: inspector.memory.remains(id))
        try write(.end, what, record)
    }
}
