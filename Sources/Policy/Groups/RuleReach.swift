/// The packets that a rule matches, as boxes. Built once for each rule, because every rule is compared with all earlier
/// ones.
package struct RuleReach: Sendable {
    /// The packets of one address family whose fields lie in given sets of numbers. The fields are independent.
    struct Box: Sendable {
        let family: AddressFamily
        /// Protocols, source ports, destination ports, sources, destinations; none of them empty.
        fileprivate(set) var fields: [NumberRuns]

        func holds(_ other: Box) -> Bool {
            family == other.family && zip(fields, other.fields).allSatisfy { $0.holds($1) }
        }

        /// A quick check whether both may have a packet in common. False is certain; true is not.
        func mayMeet(_ other: Box) -> Bool {
            family == other.family && zip(fields, other.fields).allSatisfy { $0.mayMeet($1) }
        }

        /// What remains of this box without another box, as disjoint boxes; nil if they have nothing in common.
        ///
        /// - Parameter work: grows by the ranges of numbers that were created or read.
        func without(_ other: Box, work: inout Int) -> [Box]? {
            guard mayMeet(other) else { return nil }
            var rest: [Box] = []
            // For each field: the part outside the other box remains; the part inside goes on to the next field.
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

    /// At most one for each address family; empty if no packet matches.
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

    /// Whether no packet can match: a side has no addresses, or one side has only IPv4 and the other only IPv6.
    package var isEmpty: Bool { boxes.isEmpty }

    /// Whether it contains everything that another reach contains.
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
