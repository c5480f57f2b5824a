/// What a rule matches, as boxes: made once for each rule, since every rule is held against every earlier one.
package struct RuleReach: Sendable {
    /// Packets of one address family whose fields lie in given numbers, each field by itself.
    struct Box: Sendable {
        let family: AddressFamily
        /// Protocols, source ports, destination ports, sources, destinations; none of them empty.
        fileprivate(set) var fields: [NumberRuns]

        func holds(_ other: Box) -> Bool {
            family == other.family && zip(fields, other.fields).allSatisfy { $0.holds($1) }
        }

        /// Whether both may have a packet in common: quick, and false only where they have none.
        func mayMeet(_ other: Box) -> Bool {
            family == other.family && zip(fields, other.fields).allSatisfy { $0.mayMeet($1) }
        }

        /// What is left of it without another box, as boxes that have nothing in common; nil: the other one has none of it.
        ///
        /// - Parameter work: grows by the runs of numbers that were made or looked at.
        func without(_ other: Box, work: inout Int) -> [Box]? {
            guard mayMeet(other) else { return nil }
            var rest: [Box] = []
            // Field after field: what lies beyond the other one's is left; what lies within is judged by the next field.
            var inner = self
            for index in fields.indices {
                let (within, beyond) = fields[index].split(by: other.fields[index])
                work += fields[index].runs.count + within.runs.count + beyond.runs.count
                if within.isEmpty { return nil }
                if !beyond.isEmpty {
                    var piece = inner
                    piece.fields[index] = beyond
                    rest.append(piece)
                }
                inner.fields[index] = within
            }
            return rest
        }
    }

    /// At most one for each address family; none: no packet matches.
    let boxes: [Box]

    package init(_ rule: FirewallRule) {
        let protocols = NumberRuns(
            rule.protocolNumbers.map { $0.map { UInt128($0)...UInt128($0) } } ?? [0...UInt128(UInt8.max)])
        let ports = [rule.sourcePorts, rule.destinationPorts].map(Self.runs)
        boxes = AddressFamily.allCases.compactMap { family in
            let fields = [protocols] + ports + [rule.source, rule.destination].map { Self.runs($0, of: family) }
            return fields.contains(where: \.isEmpty) ? nil : Box(family: family, fields: fields)
        }
    }

    /// Whether no packet can match: the rule names no address on a side, or IPv4 alone on one and IPv6 alone on the other.
    package var isEmpty: Bool { boxes.isEmpty }

    /// Whether it holds everything that another holds.
    package func covers(_ other: RuleReach) -> Bool {
        other.boxes.allSatisfy { box in boxes.contains { $0.holds(box) } }
    }

    /// Whether both may have a packet in common.
    func mayMeet(_ other: RuleReach) -> Bool {
        boxes.contains { box in other.boxes.contains { box.mayMeet($0) } }
    }

    private static func runs(_ match: AddressMatch, of family: AddressFamily) -> NumberRuns {
        switch match {
        case .any: NumberRuns([0...family.maximum])
        case .prefixes(let prefixes):
            NumberRuns(prefixes.filter { $0.family == family }.map { $0.first.value...$0.last.value })
        }
    }

    private static func runs(_ match: PortMatch) -> NumberRuns {
        switch match {
        case .any: NumberRuns([0...UInt128(UInt16.max)])
        case .ranges(let ranges): NumberRuns(ranges.map { UInt128($0.lower)...UInt128($0.upper) })
        }
    }
}
