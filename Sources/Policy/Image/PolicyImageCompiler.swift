import FlowCore
import FlowLayout

/// Writes a policy image, field by field.
struct PolicyImageCompiler {
    let memory = PolicyImage.Memory()
    /// The rules with their bits.
    private(set) var rules: [(bit: Int, rule: FirewallRule)] = []
    private var rowNumbers: [PolicyRow: Int] = [:]

    var rowCount: Int { rowNumbers.count }
    var usedBytes: Int { (PolicyImageLayout.firstRow + rowCount) << PolicyImageLayout.rowShift }

    /// Gives the rules of a list, which are in order of priority, their bits.
    mutating func add(_ list: [FirewallRule], list name: String, firstBit: Int, limit: Int) throws(PolicyError) {
        guard list.count <= limit else { throw .tooManyRules(list: name, count: list.count, limit: limit) }
        precondition(
            zip(list, list.dropFirst()).allSatisfy { $0.priority < $1.priority }, "\(name) are not in order of priority"
        )
        rules += list.enumerated().map { (firstBit + $0.offset, $0.element) }
    }

    /// Writes boundaries, entries and rows of all fields.
    mutating func writeFields(internalPrefixes: [AddressPrefix]) throws(PolicyError) {
        try writeAddresses("source", .source4, .source6, internalPrefixes, \.source)
        try writeAddresses("destination", .destination4, .destination6, internalPrefixes, \.destination)
        try writePorts("sourcePorts", .sourcePort, \.sourcePorts)
        try writePorts("destinationPorts", .destinationPort, \.destinationPorts)
        try writeProtocols()
    }

    /// Writes what a rule answers. `treatments` are indices, by class.
    func writeRecord(bit: Int, rule: FirewallRule, identity: UInt16, treatments: [UInt16]) {
        typealias Record = PolicyImageLayout.RuleRecord
        let record = PolicyImageLayout.rules + bit << PolicyImageLayout.ruleShift
        store(identity, at: record + Record.identity)
        store(UInt16(rule.access == .allow ? 1 : 0), at: record + Record.allows)
        for (index, treatment) in treatments.enumerated() {
            store(treatment, at: record + Record.treatments + 2 * index)
        }
    }

    /// Writes the header, and which bits are rules of which list.
    func writeHeader(ruleCount: Int, hostRuleCount: Int) {
        typealias Header = PolicyImageLayout.Header
        store(PolicyImageLayout.magic, at: Header.magic)
        store(UInt32(ruleCount), at: Header.ruleCount)
        store(UInt32(hostRuleCount), at: Header.hostRuleCount)
        store(UInt32(rowCount), at: Header.rowCount)
        var forward = PolicyRow()
        var host = PolicyRow()
        for (bit, _) in rules {
            if bit < PolicyImageLayout.firstHostBit { forward[bit] = true } else { host[bit] = true }
        }
        write(forward, number: PolicyImageLayout.forwardRow)
        write(host, number: PolicyImageLayout.hostRow)
    }

    // MARK: - Fields

    private mutating func writeAddresses(
        _ name: String, _ field4: PolicyImageLayout.Field, _ field6: PolicyImageLayout.Field,
        _ internalPrefixes: [AddressPrefix], _ match: KeyPath<FirewallRule, AddressMatch>
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
            for (bit, rule) in rules {
                switch rule[keyPath: match] {
                case .any: always[bit] = true
                case .prefixes(let prefixes): add(prefixes, bit)
                }
            }
            let intervals = IntervalSweep.intervals(of: spans, always: always, maximum: family.maximum)
            let field = family == .ipv4 ? field4 : field6
            try write(intervals, field, "\(name) (\(family.name))")
        }
    }

    private mutating func writePorts(
        _ name: String, _ field: PolicyImageLayout.Field, _ match: KeyPath<FirewallRule, PortMatch>
    ) throws(PolicyError) {
        let maximum = UInt128(UInt16.max)
        var always = PolicyRow()
        var spans: [IntervalSweep.Span] = []
        for (bit, rule) in rules {
            switch rule[keyPath: match] {
            case .any: always[bit] = true
            case .ranges(let ranges):
                spans += ranges.map { .init(first: UInt128($0.lower), last: UInt128($0.upper), bit: bit) }
            }
        }
        let intervals = IntervalSweep.intervals(of: spans, always: always, maximum: maximum)
        try write(intervals, field, name)
    }

    private mutating func writeProtocols() throws(PolicyError) {
        var rows = [PolicyRow](repeating: PolicyRow(), count: 256)
        for (bit, rule) in rules {
            for number in rule.protocolNumbers ?? Array(0...255) { rows[Int(number)][bit] = true }
        }
        for (number, row) in rows.enumerated() {
            store(UInt32(try self.number(of: row)), at: PolicyImageLayout.protocolEntries + 4 * number)
        }
    }

    private mutating func write(
        _ intervals: [IntervalSweep.Interval], _ field: PolicyImageLayout.Field, _ name: String
    ) throws(PolicyError) {
        guard intervals.count <= PolicyImageLayout.intervals else {
            throw .tooManyIntervals(field: name, count: intervals.count, limit: PolicyImageLayout.intervals)
        }
        for (index, interval) in intervals.enumerated() {
            let boundary = field.boundaries + index * field.boundaryBytes
            switch field {
            case .sourcePort, .destinationPort: store(UInt16(interval.first), at: boundary)
            case .source4, .destination4: store(UInt32(interval.first), at: boundary)
            case .source6, .destination6:
                store(UInt64(truncatingIfNeeded: interval.first >> 64), at: boundary)
                store(UInt64(truncatingIfNeeded: interval.first), at: boundary + 8)
            }
            let flag = interval.isInternal ? PolicyImageLayout.internalBit : 0
            store(UInt32(try number(of: interval.row)) | flag, at: field.entries + 4 * index)
        }
        var steps: UInt32 = 0
        while 1 << steps < intervals.count { steps += 1 }
        store(steps, at: PolicyImageLayout.Header.steps + 4 * field.rawValue)
        // What is left of the field is reached only by the highest value, and answers as the last interval does.
        let unused = PolicyImageLayout.intervals - intervals.count
        let boundaries = field.boundaries + intervals.count * field.boundaryBytes
        slice(boundaries, unused * field.boundaryBytes).initializeMemory(as: UInt8.self, repeating: 0xFF)
        let entry = memory.bytes.load(fromByteOffset: field.entries + 4 * (intervals.count - 1), as: UInt32.self)
        slice(field.entries + 4 * intervals.count, 4 * unused).initializeMemory(as: UInt32.self, repeating: entry)
    }

    private func slice(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[offset..<(offset + count)])
    }

    // MARK: - Rows

    private mutating func number(of row: PolicyRow) throws(PolicyError) -> Int {
        if let number = rowNumbers[row] { return number }
        let number = PolicyImageLayout.firstRow + rowNumbers.count
        guard number < PolicyImageLayout.rows else {
            let limit = PolicyImageLayout.rows - PolicyImageLayout.firstRow
            throw .tooManyRows(count: limit + 1, limit: limit)
        }
        rowNumbers[row] = number
        write(row, number: number)
        return number
    }

    private func write(_ row: PolicyRow, number: Int) {
        for (index, word) in row.words.enumerated() {
            store(word, at: number << PolicyImageLayout.rowShift + 8 * index)
        }
    }

    private func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        memory.bytes.storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }
}
