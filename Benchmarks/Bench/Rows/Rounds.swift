/// Turns of all contenders, one after the other and again, beginning with another one each round, and every other round
/// backwards: what changes on the machine, and what one leaves to the next, meets all alike.
struct Rounds {
    /// What a contender's turn cost, for each operation.
    struct Turn {
        var cpuNanoseconds: Double
        var wallNanoseconds: Double

        init(_ reading: CPUMeter.Reading, operations: Int) {
            cpuNanoseconds = Double(reading.cpu) / Double(operations)
            wallNanoseconds = Double(reading.wall) / Double(operations)
        }

        init(cpuNanoseconds: Double, wallNanoseconds: Double) {
            self.cpuNanoseconds = cpuNanoseconds
            self.wallNanoseconds = wallNanoseconds
        }
    }

    let kinds: [ContenderKind]
    private(set) var turns: [ContenderKind: [Turn]] = [:]

    init(
        _ contenders: [Contender], rounds: Int, _ body: (Contender, _ round: Int) async throws -> Turn
    ) async throws {
        kinds = contenders.map(\.kind)
        for round in 0..<rounds {
            let order = round.isMultiple(of: 2) ? contenders : contenders.reversed()
            for index in order.indices {
                try StopRequest.check()
                let contender = order[(index + round / 2) % order.count]
                turns[contender.kind, default: []].append(try await body(contender, round))
            }
        }
    }

    /// CPU time of each round, less that of the sender alone in the same round, where that is among the contenders.
    func net(_ kind: ContenderKind) -> [Double] {
        let own = (turns[kind] ?? []).map(\.cpuNanoseconds)
        guard let door = turns[.door], kind != .door else { return own }
        return zip(own, door).map { $0 - $1.cpuNanoseconds }
    }

    /// The figures of all; the sender's own in full.
    var figures: [RowReport.Figure] {
        kinds.map { kind in
            let own = turns[kind] ?? []
            return RowReport.Figure(
                contender: kind.rawValue, title: kind.title,
                value: Spread(net(kind)),
                wallNanoseconds: Spread(own.map(\.wallNanoseconds)))
        }
    }

    /// Net cost of one against that of another, round by round.
    func comparison(
        _ left: ContenderKind, to right: ContenderKind, _ what: String, _ target: RowReport.Comparison.Target?
    ) -> RowReport.Comparison {
        RowReport.Comparison(what: what, value: Spread(zip(net(left), net(right)).map { $0 / $1 }), target: target)
    }

    /// Operations of one in a second of CPU time against another's, round by round.
    func rate(
        _ left: ContenderKind, to right: ContenderKind, _ what: String, _ target: RowReport.Comparison.Target?
    ) -> RowReport.Comparison {
        comparison(right, to: left, what, target)
    }

    /// The same by a clock.
    func wallRate(
        _ left: ContenderKind, to right: ContenderKind, _ what: String, _ target: RowReport.Comparison.Target?
    ) -> RowReport.Comparison {
        let ratios = zip(turns[left] ?? [], turns[right] ?? []).map { $1.wallNanoseconds / $0.wallNanoseconds }
        return RowReport.Comparison(what: what, value: Spread(ratios), target: target)
    }
}
