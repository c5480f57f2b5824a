/// Turns of all contenders. Each round begins with another contender, and every second round runs in reverse order, so
/// that changes on the machine, and effects of one contender on the next, affect all equally.
struct Rounds {
    /// The cost of a contender's turn, for each operation.
    struct Sample {
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
    private(set) var samples: [ContenderKind: [Sample]] = [:]

    init(
        _ contenders: [Contender], rounds: Int, _ body: (Contender, _ round: Int) async throws -> Sample
    ) async throws {
        kinds = contenders.map(\.kind)
        for round in 0..<rounds {
            let order = round.isMultiple(of: 2) ? contenders : contenders.reversed()
            for index in order.indices {
                try StopRequest.check()
                let contender = order[(index + round / 2) % order.count]
                samples[contender.kind, default: []].append(try await body(contender, round))
            }
        }
    }

    /// CPU time of each round, minus that of the sender alone in the same round if that is one of the contenders.
    func net(_ kind: ContenderKind) -> [Double] {
        let own = (samples[kind] ?? []).map(\.cpuNanoseconds)
        guard let door = samples[.door], kind != .door else { return own }
        return zip(own, door).map { $0 - $1.cpuNanoseconds }
    }

    /// The figures of all contenders; those of the sender alone are not reduced.
    var figures: [RowReport.Figure] {
        kinds.map { kind in
            let own = samples[kind] ?? []
            return RowReport.Figure(
                contender: kind.rawValue, title: kind.title,
                value: Spread(net(kind)),
                wallNanoseconds: Spread(own.map(\.wallNanoseconds)))
        }
    }

    /// Net cost of one contender divided by that of another, for each round.
    func comparison(
        _ left: ContenderKind, to right: ContenderKind, _ what: String, _ target: RowReport.Comparison.Target?
    ) -> RowReport.Comparison {
        RowReport.Comparison(what: what, value: Spread(zip(net(left), net(right)).map { $0 / $1 }), target: target)
    }

    /// Operations per second of CPU time of one contender divided by those of another, for each round.
    func rate(
        _ left: ContenderKind, to right: ContenderKind, _ what: String, _ target: RowReport.Comparison.Target?
    ) -> RowReport.Comparison {
        comparison(right, to: left, what, target)
    }

    /// The same with wall clock time.
    func wallRate(
        _ left: ContenderKind, to right: ContenderKind, _ what: String, _ target: RowReport.Comparison.Target?
    ) -> RowReport.Comparison {
        let ratios = zip(samples[left] ?? [], samples[right] ?? []).map { $1.wallNanoseconds / $0.wallNanoseconds }
        return RowReport.Comparison(what: what, value: Spread(ratios), target: target)
    }
}
