import FlowCore
import FlowLayout

/// Writes a policy image, one rule set after the other.
struct PolicyImageCompiler {
    let memory = PolicyImage.Memory()
    /// Bytes from the start that are in use.
    private(set) var usedBytes = PolicyImageLayout.tables
    private(set) var rowCount = 0
    private var setCount = 0
    /// The name of the current rule set in messages.
    private var list = ""
    /// The rows of the current rule set, by their bits.
    private var rows: [PolicyRow: Int] = [:]
    private var wordCount = 0

    /// The result of a rule: its identity, and its treatments by class.
    struct Answer {
        var identity: UInt16
        var treatments: [UInt16]
    }

    /// Writes a rule set. Its rules must be in order of priority. Sets are numbered in the order of the calls.
    mutating func write(
        _ rules: [FirewallRule], list: String, limit: Int, internalPrefixes: [AddressPrefix], flushes: Bool = false,
        answer: (FirewallRule) -> Answer
    ) throws(PolicyError) {
        typealias Record = PolicyImageLayout.RuleSetRecord
        guard rules.count <= limit else { throw .tooManyRules(list: list, count: rules.count, limit: limit) }
        precondition(
            zip(rules, rules.dropFirst()).allSatisfy { $0.priority < $1.priority },
            "\(list) are not in order of priority")
        precondition(setCount < PolicyImageLayout.sets, "\(setCount) rule sets passed validation")
        self.list = list
        rows = [:]
        wordCount = (rules.count + 63) / 64
        let record = PolicyImageLayout.setRecords + setCount << PolicyImageLayout.setRecordShift
        setCount += 1
        store(UInt32(wordCount), at: record + Record.wordCount)
        store(flushes ? Record.flushes : 0, at: record + Record.flags)

        let records = try take(rules.count << PolicyImageLayout.ruleShift)
        store(UInt32(records), at: record + Record.rules)
        for (index, rule) in rules.enumerated() {
            write(rule, answer(rule), at: records + index << PolicyImageLayout.ruleShift)
        }
        let protocols = try take(256 * 4)
        store(UInt32(protocols), at: record + Record.protocols)
        try writeProtocols(rules, at: protocols)
        try writeAddresses(rules, "source", .source4, .source6, internalPrefixes, record, \.source)
        try writeAddresses(rules, "destination", .destination4, .destination6, internalPrefixes, record, \.destination)
        try writePorts(rules, "sourcePorts", .sourcePort, record, \.sourcePorts)
        try writePorts(rules, "destinationPorts", .destinationPort, record, \.destinationPorts)
    }

    /// Records which rule sets apply to traffic out of a zone, and into it.
    func writeZone(_ zone: UInt8, inbound: Int, outbound: Int) {
        store(UInt16(inbound), at: PolicyImageLayout.zones + Int(zone) * 4)
        store(UInt16(outbound), at: PolicyImageLayout.zones + Int(zone) * 4 + 2)
    }

    func writeHeader() {
        typealias Header = PolicyImageLayout.Header
        store(PolicyImageLayout.magic, at: Header.magic)
        store(UInt32(setCount), at: Header.setCount)
        store(UInt32(usedBytes), at: Header.usedBytes)
    }

    // MARK: - Fields

    private func write(_ rule: FirewallRule, _ answer: Answer, at record: Int) {
        typealias Record = PolicyImageLayout.RuleRecord
        store(answer.identity, at: record + Record.identity)
        store(rule.access == .allow ? Record.allows : 0, at: record + Record.flags)
        for (index, treatment) in answer.treatments.enumerated() {
            store(treatment, at: record + Record.treatments + 2 * index)
        }
    }

    private mutating func writeAddresses(
        _ rules: [FirewallRule], _ name: String, _ field4: PolicyImageLayout.Field, _ field6: PolicyImageLayout.Field,
        _ internalPrefixes: [AddressPrefix], _ record: Int, _ match: KeyPath<FirewallRule, AddressMatch>
    ) throws(PolicyError) {
        for family in AddressFamily.allCases {
            var always = PolicyRow()
            var spans: [IntervalSweep.Span] = []
            func add(_ prefixes: [AddressPrefix], _ bit: Int) {
                for prefix in prefixes where prefix.family == family {
                    spans.append(.init(first: prefix.first.value, last: prefix.last.value, bit: bit))
                }
            }
            add(internalPrefixes, IntervalSweep.internalBit)
            for (bit, rule) in rules.enumerated() {
                switch rule[keyPath: match] {
                case .any: always[bit] = true
                case .prefixes(let prefixes): add(prefixes, bit)
                }
            }
            let intervals = IntervalSweep.intervals(of: spans, always: always, maximum: family.maximum)
            try write(intervals, family == .ipv4 ? field4 : field6, record, "\(name) (\(family.name))")
        }
    }

    private mutating func writePorts(
        _ rules: [FirewallRule], _ name: String, _ field: PolicyImageLayout.Field, _ record: Int,
        _ match: KeyPath<FirewallRule, PortMatch>
    ) throws(PolicyError) {
        var always = PolicyRow()
        var spans: [IntervalSweep.Span] = []
        for (bit, rule) in rules.enumerated() {
            switch rule[keyPath: match] {
            case .any: always[bit] = true
            case .ranges(let ranges):
                spans += ranges.map { .init(first: UInt128($0.lower), last: UInt128($0.upper), bit: bit) }
            }
        }
        let intervals = IntervalSweep.intervals(of: spans, always: always, maximum: UInt128(UInt16.max))
        try write(intervals, field, record, name)
    }

    private mutating func writeProtocols(_ rules: [FirewallRule], at table: Int) throws(PolicyError) {
        var protocolRows = [PolicyRow](repeating: PolicyRow(), count: 256)
        for (bit, rule) in rules.enumerated() {
            for number in rule.protocolNumbers ?? Array(0...255) { protocolRows[Int(number)][bit] = true }
        }
        for (number, row) in protocolRows.enumerated() {
            store(try place(of: row), at: table + 4 * number)
        }
    }

    private mutating func write(
        _ intervals: [IntervalSweep.Interval], _ field: PolicyImageLayout.Field, _ record: Int, _ name: String
    ) throws(PolicyError) {
        guard intervals.count <= PolicyImageLayout.intervals else {
            throw .tooManyIntervals(
                field: "\(list): \(name)", count: intervals.count, limit: PolicyImageLayout.intervals)
        }
        var steps: UInt32 = 0
        while 1 << steps < intervals.count { steps += 1 }
        let size = 1 << Int(steps)
        let boundaries = try take(size * field.boundaryBytes)
        let entries = try take(size * 4)
        store(UInt32(boundaries), at: record + field.record)
        store(UInt32(entries), at: record + field.record + 4)
        store(steps, at: record + field.record + 8)
        var entry: UInt32 = 0
        for (index, interval) in intervals.enumerated() {
            let boundary = boundaries + index * field.boundaryBytes
            switch field {
            case .sourcePort, .destinationPort: store(UInt16(interval.first), at: boundary)
            case .source4, .destination4: store(UInt32(interval.first), at: boundary)
            case .source6, .destination6:
                store(UInt64(truncatingIfNeeded: interval.first >> 64), at: boundary)
                store(UInt64(truncatingIfNeeded: interval.first), at: boundary + 8)
            }
            entry = try place(of: interval.row) | (interval.isInternal ? PolicyImageLayout.internalBit : 0)
            store(entry, at: entries + 4 * index)
        }
        // Only the highest value reaches the rest of the table. It gets the answer of the last interval.
        for index in intervals.count..<size {
            for byte in 0..<field.boundaryBytes {
                store(UInt8.max, at: boundaries + index * field.boundaryBytes + byte)
            }
            store(entry, at: entries + 4 * index)
        }
    }

    // MARK: - Rows

    /// The position of a row, in units of 8 bytes.
    private mutating func place(of row: PolicyRow) throws(PolicyError) -> UInt32 {
        if let place = rows[row] { return UInt32(place) }
        let offset = try take(wordCount * 8)
        for (index, word) in row.words.prefix(wordCount).enumerated() { store(word, at: offset + 8 * index) }
        rows[row] = offset / 8
        rowCount += 1
        return UInt32(offset / 8)
    }

    /// Allocates memory for a table or row.
    private mutating func take(_ bytes: Int) throws(PolicyError) -> Int {
        let place = usedBytes
        let end = (place + bytes + 15) & ~15
        guard end <= Int(SLUICE_POLICY_BYTES) else {
            throw .imageFull(list: list, limit: Int(SLUICE_POLICY_BYTES))
        }
        usedBytes = end
        return place
    }

    private func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        memory.bytes.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }
}
