internal import FlowCore
internal import FlowLayout

/// The 13 comma-separated fields of a tuple, in both formats (azure-facts, 5a and 5b).
enum FlowTupleText {
    /// Version 2: `1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,`. Begins and denies have no counts.
    static func writeVersion2(_ entry: FlowEntry, to text: inout RecordBytes) {
        text.number(entry.time / 1_000_000_000)
        writeEnds(entry, to: &text)
        text.raw(entry.key.protocol == IPProtocol.tcp ? "T," : "U,")
        text.raw(entry.isInbound ? "I," : "O,")
        switch entry.state {
        case .begin: text.raw("A,B,,,,")
        case .deny: text.raw("D,B,,,,")
        case .continuing:
            text.raw("A,C,")
            writeCounters(entry.counters, to: &text)
        case .end:
            text.raw("A,E,")
            writeCounters(entry.counters, to: &text)
        }
    }

    /// Version 4: `1663146003606,10.0.0.6,52.239.184.180,23956,443,6,O,E,NX,3,767,2,1580`. NX: not encrypted.
    static func writeVersion4(_ entry: FlowEntry, to text: inout RecordBytes) {
        text.number(entry.time / 1_000_000)
        writeEnds(entry, to: &text)
        text.number(entry.key.protocol)
        text.raw(entry.isInbound ? ",I," : ",O,")
        switch entry.state {
        case .begin: text.raw("B,NX,")
        case .continuing: text.raw("C,NX,")
        case .end: text.raw("E,NX,")
        case .deny: text.raw("D,NX,")
        }
        writeCounters(entry.counters, to: &text)
    }

    /// Version 2 has only TCP and UDP.
    static func isInVersion2(_ entry: FlowEntry) -> Bool {
        entry.key.protocol == IPProtocol.tcp || entry.key.protocol == IPProtocol.udp
    }

    private static func writeEnds(_ entry: FlowEntry, to text: inout RecordBytes) {
        let isLow = entry.sourceIsLow
        text.raw(",")
        text.address(entry.key.source(isLow: isLow), family: entry.key.family)
        text.raw(",")
        text.address(entry.key.destination(sourceIsLow: isLow), family: entry.key.family)
        text.raw(",")
        text.number(entry.key.sourcePort(isLow: isLow))
        text.raw(",")
        text.number(entry.key.destinationPort(sourceIsLow: isLow))
        text.raw(",")
    }

    private static func writeCounters(_ counters: FlowCounters, to text: inout RecordBytes) {
        text.number(counters.packetsToDestination)
        text.raw(",")
        text.number(counters.bytesToDestination)
        text.raw(",")
        text.number(counters.packetsToSource)
        text.raw(",")
        text.number(counters.bytesToSource)
    }
}
