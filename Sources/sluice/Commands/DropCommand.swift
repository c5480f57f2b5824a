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
        commandName: "list", abstract: "List dropped packets by reason: what each reason means, and what to do next.")

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var output: OutputOption

    @Flag(help: "Also list the reasons for which no packet was dropped.")
    var all = false

    func run() throws {
        let drops = try GatewayInspector(gateway: try gateway.resolve()).dropTallies()
        if output.isJSON { return Console.output(try JSONText.of(drops)) }
        let listed = drops.filter { all || $0.packets > 0 }
        if listed.isEmpty { return Console.note("no packet was dropped yet; --all lists the reasons") }
        Console.output(PacketRendering.table(listed).text(style: Console.style))
    }
}

/// `sluice drop watch`
struct DropWatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show dropped packets live, one line each, until interrupted.",
        discussion: """
            During a flood it shows a sample of at most \(DropWatch.recordsPerTick) packets on each processor in 17 ms, and reports how \
            many are left out. It does not delay packets. Only one process at a time can watch. With --json each packet is a JSON \
            object on its own line.
            """)

    /// About 3,800 packets a second on each processor: more than anybody can read, and a negligible load.
    static let recordsPerTick: UInt32 = 64

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var packets: PacketOptions
    @OptionGroup var output: OutputOption

    @Option(help: "End after this number of packets.")
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
            { watched, headers, omitted in
                try lines.write(watched, headers, omitted: omitted)
                return lines.count != count
            }, eachSecond: { lines.report(omitted: $0) })
        lines.end(omitted: omitted)
    }
}
