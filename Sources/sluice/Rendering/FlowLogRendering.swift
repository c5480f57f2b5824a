import FlowLog
import Inspection

/// Formats flow logs for people and for programs.
enum FlowLogRendering {
    /// `2022-09-14T09:00:03.5990000Z E outbound tcp 10.0.0.6:23956 > 52.239.184.180:443 UserRule_web 3/2 packets 767/1580 bytes`
    static func line(_ item: FlowLogDocument.Item) -> String {
        let tuple = item.tuple
        let state = tuple.decision == .denied ? "denied" : names[tuple.state] ?? ""
        var line =
            "\(WallTime(nanoseconds: tuple.time).text)  \(state)  \(tuple.direction.rawValue)  "
            + "\(ProtocolName.write(tuple.ipProtocol)) \(end(tuple.source, tuple.sourcePort)) > "
            + "\(end(tuple.destination, tuple.destinationPort))  \(item.rule)"
        if tuple.state == .continuing || tuple.state == .end {
            let counters = tuple.counters
            line +=
                "  \(counters.packetsToDestination)/\(counters.packetsToSource) packets"
                + "  \(counters.bytesToDestination)/\(counters.bytesToSource) bytes"
        }
        return line
    }

    private static let names: [FlowTuple.State: String] = [
        .begin: "begin", .continuing: "going on", .end: "end", .denied: "denied",
    ]

    private static func end(_ address: String, _ port: UInt16) -> String {
        address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    /// One JSON object on a line.
    static func json(_ item: FlowLogDocument.Item) -> [UInt8] {
        var row = JSONRow()
        let tuple = item.tuple
        row.object { row in
            row.object("bytes") { row in
                row.member("toDestination", tuple.counters.bytesToDestination)
                row.member("toSource", tuple.counters.bytesToSource)
            }
            row.member("decision", tuple.decision.rawValue)
            row.object("destination") { row in
                row.member("address", tuple.destination)
                row.member("port", tuple.destinationPort)
            }
            row.member("direction", tuple.direction.rawValue)
            row.member("macAddress", item.macAddress)
            row.object("packets") { row in
                row.member("toDestination", tuple.counters.packetsToDestination)
                row.member("toSource", tuple.counters.packetsToSource)
            }
            row.member("protocol", ProtocolName.write(tuple.ipProtocol))
            row.member("rule", item.rule)
            row.object("source") { row in
                row.member("address", tuple.source)
                row.member("port", tuple.sourcePort)
            }
            row.member("state", tuple.state.rawValue)
            row.member("time", WallTime(nanoseconds: tuple.time).text)
        }
        row.newLine(comma: false)
        return row.bytes
    }

    static func tables(_ sums: FlowLogSums, top: Int, style: TextStyle = Console.style) -> String {
        var rules = TextTable([
            .left("RULE"), .right("BEGUN"), .right("ENDED", spare: 2), .right("DENIED"), .right("PACKETS", spare: 1),
            .right("BYTES"),
        ])
        for (rule, sum) in sums.rules.sorted(by: { ($1.value.bytes, $0.key) < ($0.value.bytes, $1.key) }) {
            rules.add([rule] + cells(sum))
        }
        rules.add(["all"] + cells(sums.total))
        var talkers = TextTable([
            .left("SOURCE"), .left("DESTINATION"), .left("PROTOCOL", spare: 1), .right("BEGUN", spare: 3),
            .right("ENDED", spare: 4), .right("DENIED"), .right("PACKETS", spare: 2), .right("BYTES"),
        ])
        for (talker, sum) in sums.topTalkers(top) {
            talkers.add(
                [
                    talker.source, end(talker.destination, talker.destinationPort),
                    ProtocolName.write(talker.ipProtocol),
                ] + cells(sum))
        }
        return rules.text(style: style) + (talkers.rows.isEmpty ? "" : "\n" + talkers.text(style: style))
            + (sums.omitted.isEmpty ? "" : "\n" + omitted(sums.omitted))
    }

    /// What the sums do not contain. It was never logged, so the filter can't be applied to it.
    private static func omitted(_ omitted: Omissions) -> String {
        "left out of the log, and of these sums: \(HumanText.count(omitted.denies)) denies (there were too many), "
            + "\(HumanText.count(omitted.events)) events (the kernel's ring was full), "
            + "\(HumanText.count(omitted.entries)) entries (the disk could not be written)\n"
    }

    private static func cells(_ sum: FlowLogSums.Sum) -> [String] {
        [
            HumanText.count(sum.begun), HumanText.count(sum.ended), HumanText.count(sum.denied),
            HumanText.count(sum.packets), HumanText.bytes(sum.bytes),
        ]
    }
}
