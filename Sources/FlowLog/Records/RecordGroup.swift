/// The entries of one record: of one interface, and in version 2 of one group of rules.
package struct RecordGroup: Sendable {
    package struct Rule: Sendable {
        package var label: RuleLabel
        package var entries: [FlowEntry]
    }

    /// The MAC address of the interface, `000D3AF87856`.
    package let macAddress: String
    /// In the order of their first entries.
    package private(set) var rules: [Rule] = []
    private var places: [RuleLabel: Int] = [:]

    package init(macAddress: String) { self.macAddress = macAddress }

    package mutating func add(_ entry: FlowEntry, rule: RuleLabel) {
        if let place = places[rule] {
            rules[place].entries.append(entry)
        } else {
            places[rule] = rules.count
            rules.append(Rule(label: rule, entries: [entry]))
        }
    }
}

extension RecordGroup {
    package var entryCount: UInt64 { rules.reduce(0) { $0 + UInt64($1.entries.count) } }
}
