internal import FlowCore
internal import FlowLayout

/// Our own log: one line of JSON for each session, written at its end. It has the fields that the cloud's formats lack.
package enum SessionLine {
    /// - Parameters:
    ///   - entry: an ``FlowEntry/State/end``.
    ///   - rule: the deciding rule's name in the configuration; nil if it is unknown.
    ///   - groupRule: the name of the last network security group's rule that allowed it; nil if no group was
    ///     evaluated.
    ///   - zones: names of the source's and destination's zones.
    package static func of(
        _ entry: FlowEntry, gateway: String, rule: String?, groupRule: String? = nil,
        zones: (source: String, destination: String)
    ) -> [UInt8] {
        var text = RecordBytes()
        text.raw("{\"time\":")
        text.quoted(WallTime(nanoseconds: entry.time).text)
        text.raw(",\"kind\":\"session\",\"gateway\":")
        text.quoted(gateway)
        text.raw(",\"id\":")
        text.quoted("\(String(entry.slot, radix: 16))-\(entry.generation)")
        text.raw(",\"reason\":")
        text.quoted(entry.reason.name)
        text.raw(",\"protocol\":")
        text.number(entry.key.protocol)
        let isLow = entry.sourceIsLow
        text.raw(",\"source\":")
        writeEnd(entry.key.source(isLow: isLow), entry.key.sourcePort(isLow: isLow), entry.key.family, to: &text)
        text.raw(",\"destination\":")
        writeEnd(
            entry.key.destination(sourceIsLow: isLow), entry.key.destinationPort(sourceIsLow: isLow),
            entry.key.family, to: &text)
        text.raw(",\"direction\":")
        text.quoted(entry.isInbound ? "inbound" : "outbound")
        text.raw(",\"trafficClass\":")
        text.quoted(entry.isEastWest ? "eastWest" : "northSouth")
        text.raw(",\"rule\":")
        if let rule { text.quoted(rule) } else { text.raw("null") }
        text.raw(",\"groupRule\":")
        if let groupRule { text.quoted(groupRule) } else { text.raw("null") }
        text.raw(",\"zones\":{\"source\":")
        text.quoted(zones.source)
        text.raw(",\"destination\":")
        text.quoted(zones.destination)
        text.raw("},\"began\":")
        text.quoted(WallTime(nanoseconds: entry.beganAt).text)
        text.raw(",\"durationMilliseconds\":")
        text.number(entry.lastedNanoseconds / 1_000_000)
        text.raw(",\"packets\":{\"toDestination\":")
        text.number(entry.totals.packetsToDestination)
        text.raw(",\"toSource\":")
        text.number(entry.totals.packetsToSource)
        text.raw("},\"bytes\":{\"toDestination\":")
        text.number(entry.totals.bytesToDestination)
        text.raw(",\"toSource\":")
        text.number(entry.totals.bytesToSource)
        text.raw("}}")
        return text.bytes
    }

    /// Reports what is missing from the log since the last such line (LOG-3).
    package static func omission(time: UInt64, gateway: String, _ omitted: Omissions) -> [UInt8] {
        var text = RecordBytes()
        text.raw("{\"time\":")
        text.quoted(WallTime(nanoseconds: time).text)
        text.raw(",\"kind\":\"omitted\",\"gateway\":")
        text.quoted(gateway)
        text.raw(",\"denies\":")
        text.number(omitted.denies)
        text.raw(",\"events\":")
        text.number(omitted.events)
        text.raw(",\"entries\":")
        text.number(omitted.entries)
        text.raw("}")
        return text.bytes
    }

    private static func writeEnd(
        _ address: sluice_address, _ port: UInt16, _ family: UInt8, to text: inout RecordBytes
    ) {
        text.raw("{\"address\":\"")
        text.address(address, family: family)
        text.raw("\",\"port\":")
        text.number(port)
        text.raw("}")
    }
}
