import ArgumentParser
import Capture
import FlowLayout
import FlowLog
import Inspection
import Kernel

/// `sluice capture`
struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Show or write the packets that arrive at the zone interfaces, each with its verdict.",
        discussion: """
            The written file is pcapng. Each packet's comment has verdict, reason, session and rule. Read it with tshark -r FILE, or \
            Wireshark. The file has the first \(SLUICE_WATCHED_BYTES) bytes of each packet. By default a capture ends after \
            \(CaptureCommand.defaultCount) packets, \(CaptureCommand.defaultSeconds) seconds, or \
            \(CaptureCommand.defaultBytes / 1_000_000) MB in the file. Packets beyond \(CaptureCommand.recordsPerTick) on each \
            processor in 17 ms are left out, and counted. Only one process at a time can watch.
            """)

    static let defaultCount = 10_000
    static let defaultBytes = 10_000_000
    static let defaultSeconds = 60.0
    /// About 61,000 packets a second on each processor: less than 2 % of its time.
    static let recordsPerTick: UInt32 = 1024

    @OptionGroup var gateway: GatewayOption
    @OptionGroup var packets: PacketOptions
    @OptionGroup var output: OutputOption

    @Option(help: "Write a pcapng file; - for standard output. An existing file is replaced.", completion: .file())
    var write: String?

    @Option(help: "End after this number of packets.")
    var count = CaptureCommand.defaultCount

    @Option(help: "End before the file has more than this number of bytes.")
    var bytes = CaptureCommand.defaultBytes

    @Option(help: "End after this number of seconds.")
    var seconds = CaptureCommand.defaultSeconds

    func validate() throws {
        guard count >= 1 else { throw ValidationError("--count is \(count): write 1 or more") }
        guard bytes >= 1000 else { throw ValidationError("--bytes is \(bytes): write 1000 or more") }
        guard seconds > 0, seconds <= 86_400 else {
            throw ValidationError("--seconds is \(seconds): write more than 0, and at most 86400")
        }
        if write != nil, output.isJSON { throw ValidationError("--write writes pcapng: leave out --json") }
    }

    func run() throws {
        let inspector = try GatewayInspector(gateway: try gateway.resolve())
        let watching = PacketWatching(
            inspector: inspector, subject: packets.reason.isEmpty ? .everyPacket : .drops,
            filter: try packets.filter(inspector), recordsPerTick: CaptureCommand.recordsPerTick, ringBytes: 1 << 22,
            seconds: seconds)
        if let write { try self.write(to: write, inspector, watching) } else { try show(inspector, watching) }
    }

    private func show(_ inspector: GatewayInspector, _ watching: PacketWatching) throws {
        var lines = PacketLines(inspector, isJSON: output.isJSON)
        let omitted = try watching.run(
            { watched, headers, omitted in
                try lines.write(watched, headers, omitted: omitted)
                return lines.count < count
            }, eachSecond: { lines.report(omitted: $0) })
        lines.end(omitted: omitted)
    }

    private func write(to path: String, _ inspector: GatewayInspector, _ watching: PacketWatching) throws {
        let output = try CaptureOutput(path: path)
        var describer = PacketDescriber(inspector, clockOffset: PacketWatching.clockOffset)
        var file = CaptureFile(snapLength: Int(SLUICE_WATCHED_BYTES))
        try output.write(file.beginning(application: "sluice \(BinaryVersion.own), gateway \(inspector.gateway)"))
        var written = 0
        var isFull = false
        let omitted = try watching.run(
            { watched, headers, _ in
                let packet = CaptureFile.Packet(
                    timeNanoseconds: describer.wallNanoseconds(of: watched), bytes: PacketDescriber.bytes(of: watched),
                    length: Int(watched.length), comment: describer.view(watched, headers).story)
                let block = file.bytes(
                    of: packet, interface: describer.interfaceName(of: watched),
                    linkType: watched.linkHeaderLength == 0 ? .raw : .ethernet)
                isFull = output.size + block.count + CaptureCommand.endBytes > bytes
                if isFull { return false }
                try output.write(block)
                written += 1
                return written < count
            }, eachSecond: { _ in try output.flush() })
        let now = PacketWatching.clockOffset &+ MonotonicClock.nanoseconds()
        try output.write(file.end(timeNanoseconds: now, omitted: omitted))
        try output.flush()
        let left = omitted == 0 ? "none left out" : "\(HumanText.count(omitted)) more left out (a sample)"
        let why = isFull ? "; ended because the file has reached --bytes \(bytes)" : ""
        Console.note("\(HumanText.count(written, of: "packet")) in \(path), \(left)\(why)")
    }

    /// More than the size of the last block of a file.
    private static let endBytes = 120
}
