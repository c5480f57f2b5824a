package import Policy

/// Selects tuples. A nil field matches everything; all other fields must match.
package struct FlowLogFilter: Sendable, Equatable {
    package var source: AddressPrefix?
    package var destination: AddressPrefix?
    /// A port of either end.
    package var port: UInt16?
    package var ipProtocol: UInt8?
    /// A rule's name, with or without `UserRule_` or `DefaultRule_`.
    package var rule: String?
    package var decision: FlowTuple.Decision?
    package var direction: FlowTuple.Direction?
    /// Nanoseconds since 1970.
    package var since: UInt64?
    package var until: UInt64?

    package init() {}

    package func matches(_ item: FlowLogDocument.Item) -> Bool {
        let tuple = item.tuple
        if let since, tuple.time < since { return false }
        if let until, tuple.time >= until { return false }
        if let ipProtocol, tuple.ipProtocol != ipProtocol { return false }
        if let decision, tuple.decision != decision { return false }
        if let direction, tuple.direction != direction { return false }
        if let port, tuple.sourcePort != port, tuple.destinationPort != port { return false }
        if let rule, item.rule != rule, Self.plainName(item.rule) != rule { return false }
        if let source, !Self.lies(tuple.source, in: source) { return false }
        if let destination, !Self.lies(tuple.destination, in: destination) { return false }
        return true
    }

    /// A rule's name without the prefix of the format.
    static func plainName(_ rule: String) -> String {
        for prefix in ["UserRule_", "DefaultRule_"] where rule.hasPrefix(prefix) {
            return String(rule.dropFirst(prefix.count))
        }
        return rule
    }

    private static func lies(_ text: String, in prefix: AddressPrefix) -> Bool {
        guard let address = NetworkAddress(text), address.family == prefix.family else { return false }
        return prefix.contains(address)
    }
}

/// Sums over tuples: in total, by rule, and by pair of ends.
package struct FlowLogSums: Sendable {
    package struct Sum: Codable, Equatable, Sendable {
        package var begun: UInt64 = 0
        package var ended: UInt64 = 0
        package var denied: UInt64 = 0
        package var packets: UInt64 = 0
        package var bytes: UInt64 = 0

        package mutating func add(_ tuple: FlowTuple) {
            switch (tuple.decision, tuple.state) {
            case (.denied, _): denied += 1
            case (.allowed, .begin): begun += 1
            case (.allowed, .end): ended += 1
            case (.allowed, _): break
            }
            packets &+= tuple.counters.packets
            bytes &+= tuple.counters.bytes
        }
    }

    package struct Talker: Hashable, Sendable {
        package var source: String
        package var destination: String
        package var destinationPort: UInt16
        package var ipProtocol: UInt8
    }

    /// The omissions that the log itself reports (LOG-3).
    package var omitted = Omissions()
    /// Records that could not be read.
    package var unreadable = 0
    package private(set) var total = Sum()
    package private(set) var rules: [String: Sum] = [:]
    private var talkers: [Talker: Sum] = [:]

    package init() {}

    package mutating func add(_ item: FlowLogDocument.Item) {
        let tuple = item.tuple
        total.add(tuple)
        rules[item.rule, default: Sum()].add(tuple)
        let talker = Talker(
            source: tuple.source, destination: tuple.destination, destinationPort: tuple.destinationPort,
            ipProtocol: tuple.ipProtocol)
        talkers[talker, default: Sum()].add(tuple)
    }

    /// The pairs with the most bytes; ties go to the pair with more denies.
    package func topTalkers(_ count: Int) -> [(talker: Talker, sum: Sum)] {
        let sorted = talkers.sorted { left, right in
            let (one, other) = (left.value, right.value)
            if one.bytes != other.bytes { return one.bytes > other.bytes }
            if one.denied != other.denied { return one.denied > other.denied }
            return (left.key.source, left.key.destination, left.key.destinationPort)
                < (right.key.source, right.key.destination, right.key.destinationPort)
        }
        return sorted.prefix(count).map { ($0.key, $0.value) }
    }
}
