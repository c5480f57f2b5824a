/// The names of rules by number, for records. An unknown number triggers a reload of the names, at most once a second:
/// a reload of the configuration assigns numbers to new rules before a packet uses one.
package struct RuleLabels {
    private static let patienceNanoseconds: UInt64 = 1_000_000_000

    private let gateway: String
    private let read: () -> [UInt16: String]
    private var names: [UInt16: String] = [:]
    private var readAt: UInt64?

    package init(gateway: String, read: @escaping () -> [UInt16: String]) {
        self.gateway = gateway
        self.read = read
    }

    /// The name of a rule in the configuration; nil if there is none, or none is known.
    package mutating func name(_ identity: UInt16, now: UInt64) -> String? {
        guard identity != 0 else { return nil }
        if let name = names[identity] { return name }
        if let readAt, now &- readAt < Self.patienceNanoseconds { return nil }
        names = read()
        readAt = now
        return names[identity]
    }

    /// The label of the rule that the documented formats show: the rule of the last network security group that was
    /// evaluated, as in the cloud; otherwise the firewall's own rule, in a group with the name of the gateway.
    package mutating func label(_ entry: FlowEntry, now: UInt64) -> RuleLabel {
        if let name = name(entry.groupRule, now: now), let label = RuleLabel.group(qualifiedName: name) { return label }
        if let name = name(entry.rule, now: now) { return .user(name, group: gateway) }
        return entry.rule == 0
            ? .denyAll(isInbound: entry.isInbound, group: gateway) : .unnamed(entry.rule, group: gateway)
    }
}
