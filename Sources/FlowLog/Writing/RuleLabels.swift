/// Names of rules by their numbers, as records need them. Asks for the names again when it meets a number that it does not
/// know, at most once a second: a reload gives new rules their numbers before a packet carries one.
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

    /// The name that the configuration gives a rule; nil: none, or none that is known.
    package mutating func name(_ identity: UInt16, now: UInt64) -> String? {
        guard identity != 0 else { return nil }
        if let name = names[identity] { return name }
        if let readAt, now &- readAt < Self.patienceNanoseconds { return nil }
        names = read()
        readAt = now
        return names[identity]
    }

    /// The label of the rule that the documented formats tell: the last network security group's that was asked, as where it is the
    /// cloud's; else the firewall's own, in a group that is called as the gateway.
    package mutating func label(_ entry: FlowEntry, now: UInt64) -> RuleLabel {
        if let name = name(entry.groupRule, now: now), let label = RuleLabel.group(qualifiedName: name) { return label }
        if let name = name(entry.rule, now: now) { return .user(name, group: gateway) }
        return entry.rule == 0
            ? .denyAll(isInbound: entry.isInbound, group: gateway) : .unnamed(entry.rule, group: gateway)
    }
}
