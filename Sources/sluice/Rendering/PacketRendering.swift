import Capture
import FlowLayout
import FoundationEssentials
import Inspection

/// Formats watched packets for people and for programs.
enum PacketRendering {
    /// `2026-03-01T12:00:00.123Z  eth1  tcp 10.1.0.10:40000 > 203.0.113.10:23  SYN  74 bytes  dropped: denied, rule default`
    static func line(_ packet: PacketView) -> String {
        [
            EventRendering.time(packet.time), packet.interface, tuple(packet), "\(packet.length) bytes", packet.story,
        ].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// One JSON object on a line.
    static func jsonLine(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    static func table(_ drops: [DropTally]) -> TextTable {
        var table = TextTable([
            .left("REASON"), .right("PACKETS"), .right("BYTES"), .left("MEANING", folds: true),
            .left("NEXT", folds: true),
        ])
        for drop in drops {
            table.add([
                drop.reason, HumanText.count(drop.packets), HumanText.bytes(drop.bytes), drop.meaning, drop.next,
            ])
        }
        return table
    }

    /// Protocol, ends, and fields of the transport header.
    private static func tuple(_ packet: PacketView) -> String {
        var text = packet.protocol
        if let source = packet.source, let destination = packet.destination {
            let hasPorts = packet.icmpType == nil && packet.source?.port != 0 || packet.destination?.port != 0
            text += hasPorts ? " \(source.text) > \(destination.text)" : " \(source.address) > \(destination.address)"
        }
        if let flags = packet.tcpFlags { text += "  \(flags)" }
        if let sequence = packet.sequence { text += " seq \(sequence)" }
        if let acknowledgment = packet.acknowledgment, packet.tcpFlags?.contains("ACK") ?? false {
            text += " ack \(acknowledgment)"
        }
        if let type = packet.icmpType { text += "  type \(type) code \(packet.icmpCode ?? 0)" }
        if let quoted = packet.quoted { text += " about \(quoted)" }
        if let offset = packet.fragmentOffset { text += "  fragment at \(offset)" }
        return text
    }
}

/// Writes packets to the console as they arrive, and how many were left out between them.
struct PacketLines {
    private(set) var count = 0
    private var describer: PacketDescriber
    private let isJSON: Bool
    /// How many packets were left out, as last reported on standard error and in a packet's own object.
    private var reported: UInt64 = 0
    private var written: UInt64 = 0

    init(_ inspector: GatewayInspector, isJSON: Bool) {
        describer = PacketDescriber(inspector, clockOffset: PacketWatching.clockOffset)
        self.isJSON = isJSON
    }

    mutating func write(_ watched: sluice_watched_packet, _ headers: PacketHeaders, omitted: UInt64) throws {
        count += 1
        var view = describer.view(watched, headers)
        if omitted > written { view.omitted = omitted - written }
        written = omitted
        Console.output(isJSON ? try PacketRendering.jsonLine(view) : PacketRendering.line(view) + "\n")
    }

    /// Reports the packets that were left out since the last report.
    mutating func report(omitted: UInt64) {
        guard omitted > reported else { return }
        Console.note("sampled: \(HumanText.count(omitted - reported)) more packets are not shown")
        reported = omitted
    }

    func end(omitted: UInt64) {
        let rest = omitted == 0 ? "none left out" : "\(HumanText.count(omitted)) more left out (a sample)"
        Console.note("\(HumanText.count(count, of: "packet")) shown, \(rest)")
    }
}
