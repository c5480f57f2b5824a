import ArgumentParser
import FlowCore
import Inspection
import Kernel

/// `sluice drop`
struct DropCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "See which packets are dropped, and why.",
        subcommands: [DropList.self, DropWatch.self])
}

/// `sluice drop list`
struct DropList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what was dropped by reason: what each means, and what to do next.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Flag(help: "List also the reasons for which nothing was dropped.")
    var all = false

    func run() throws {
        let drops = try GatewayInspector(gateway: try gateway.resolve()).dropTallies()
        if output.isJSON { return Console.output(try JSONText.of(drops)) }
        let listed = drops.filter { all || $0.packets > 0 }
        if listed.isEmpty { return Console.note("nothing was dropped yet; --all lists the reasons") }
        Console.output(PacketRendering.table(listed).text(style: Console.style))
    }
}

/// `sluice drop watch`
struct DropWatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show packets that are dropped as they happen, a line each, until interrupted.",
        discussion: """
            Under a flood it shows a sample, at most \(DropWatch.recordsPerTick) packets on each processor in 17 ms, and says how many it has \
            left out. No packet waits for it. Only one process at a time can watch. With --json each packet is an object on a line.
            """)

    /// Some 3,800 packets a second on each processor: more than anybody reads, and no load.
    static let recordsPerTick: UInt32 = 64

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var packets: PacketOptions
    @OptionGroup var output: OutputOption

    @Option(help: "End after so many packets.")
    var count: Int?

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count is \(count): write 1 or more") }
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let watching = PacketWatching(
            inspector: inspector, subject: .drops, filter: try packets.filter(inspector),
            recordsPerTick: DropWatch.recordsPerTick, ringBytes: 1 << 18)
        var lines = PacketLines(inspector, isJSON: output.isJSON)
        let omitted = try watching.run(
            { look, headers, omitted in
                try lines.write(look, headers, omitted: omitted)
                return lines.count != count
            }, eachSecond: { lines.report(omitted: $0) })
        lines.end(omitted: omitted)
    }
}
