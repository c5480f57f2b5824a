/// A tuple of either format, as read from a file.
package struct FlowTuple: Equatable, Sendable {
    package enum Direction: String, Codable, Sendable { case inbound, outbound }
    package enum Decision: String, Codable, Sendable { case allowed, denied }
    package enum State: String, Codable, Sendable {
        case begin = "B"
        case continuing = "C"
        case end = "E"
        /// In version 4. Version 2 has ``begin`` with ``Decision/denied``.
        case denied = "D"
    }

    /// Nanoseconds since 1970, with the resolution of the format: seconds or milliseconds.
    package var time: UInt64
    package var source: String
    package var destination: String
    package var sourcePort: UInt16
    package var destinationPort: UInt16
    /// The IANA protocol number.
    package var ipProtocol: UInt8
    package var direction: Direction
    package var decision: Decision
    package var state: State
    /// Counts since the previous tuple of the flow; zeros if the tuple has none.
    package var counters: FlowCounters

    /// `timestamp,source,destination,sourcePort,destinationPort,T|U,I|O,A|D,B|C|E,packets,bytes,packets,bytes`. Version
    /// 1 ends after the decision.
    package init?(version2 text: some StringProtocol) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 13 || fields.count == 8, let seconds = UInt64(fields[0]), seconds < 1 << 33,
            let ipProtocol: UInt8 = ["T": 6, "U": 17][String(fields[5])],
            let decision: Decision = ["A": .allowed, "D": .denied][String(fields[7])]
        else { return nil }
        var state = State.begin
        if fields.count == 13 {
            guard let read = State(rawValue: String(fields[8])), read != .denied else { return nil }
            state = read
        }
        self.init(
            fields, time: seconds * 1_000_000_000, ipProtocol: ipProtocol, direction: fields[6], decision, state,
            counters: fields.count == 13 ? fields[9...] : [])
    }

    /// `milliseconds,source,destination,sourcePort,destinationPort,protocol,I|O,B|C|E|D,encryption,packets,bytes,packets,bytes`.
    /// The example in the documents has seconds and empty counts; these are accepted too.
    package init?(version4 text: some StringProtocol) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 13, let number = UInt64(fields[0]), number < 1 << 43, let ipProtocol = UInt8(fields[5]),
            let state = State(rawValue: String(fields[7])), fields[8].hasPrefix("X") || fields[8].hasPrefix("NX")
        else { return nil }
        let isSeconds = number < 100_000_000_000
        self.init(
            fields, time: number * (isSeconds ? 1_000_000_000 : 1_000_000), ipProtocol: ipProtocol,
            direction: fields[6], state == .denied ? .denied : .allowed, state, counters: fields[9...])
    }

    private init?<Text: StringProtocol>(
        _ fields: [Text], time: UInt64, ipProtocol: UInt8, direction: Text, _ decision: Decision, _ state: State,
        counters: ArraySlice<Text>
    ) {
        guard let sourcePort = UInt16(fields[3]), let destinationPort = UInt16(fields[4]),
            let direction: Direction = ["I": .inbound, "O": .outbound][String(direction)]
        else { return nil }
        var counts: [UInt64] = []
        for field in counters {
            guard let count = field.isEmpty ? 0 : UInt64(field) else { return nil }
            counts.append(count)
        }
        self.time = time
        source = String(fields[1])
        destination = String(fields[2])
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.ipProtocol = ipProtocol
        self.direction = direction
        self.decision = decision
        self.state = state
        self.counters =
            counts.count == 4
            ? FlowCounters(
                packetsToDestination: counts[0], bytesToDestination: counts[1], packetsToSource: counts[2],
                bytesToSource: counts[3])
            : FlowCounters()
    }
}
