import Glibc

/// Round trips of 64 bytes over one TCP connection. One thread plays both ends: no end has to be woken up, so that only
/// the forwarding is measured.
struct LatencyRow: Row {
    let name = "latency"

    private static let port: UInt16 = 8070
    private static let messageBytes = 64
    private static let warmUp = 200

    private struct Pair {
        let client: StreamSocket
        let service: StreamSocket
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contenders = try await testbed.contenders([.plain, .nftables, .sluice])
        var pairs: [ContenderKind: Pair] = [:]
        for contender in contenders {
            try await contender.setHostsDropping(false)
            pairs[contender.kind] = try Self.connect(contender)
        }
        let count = effort.roundTrips
        var middles: [ContenderKind: [Double]] = [:]
        var tails: [ContenderKind: [Double]] = [:]
        let rounds = try await Rounds(contenders, rounds: effort.shortRounds) { contender, _ in
            guard let pair = pairs[contender.kind] else { preconditionFailure("\(contender.kind) has no connection") }
            for _ in 0..<Self.warmUp { _ = try Self.roundTrip(pair) }
            var trips: [Int] = []
            trips.reserveCapacity(count)
            let reading = try CPUMeter(processes: contender.processes).measure {
                for _ in 0..<count { trips.append(try Self.roundTrip(pair)) }
            }
            let sorted = trips.sorted().map(Double.init)
            middles[contender.kind, default: []].append(Spread.quantile(sorted, 0.5))
            tails[contender.kind, default: []].append(Spread.quantile(sorted, 0.99))
            return Rounds.Sample(reading, operations: count)
        }
        func figures(_ values: [ContenderKind: [Double]], _ what: String) -> [RowReport.Figure] {
            rounds.kinds.map {
                RowReport.Figure(
                    contender: $0.rawValue + "-" + what, title: "\($0.title), \(what)", value: Spread(values[$0] ?? []))
            }
        }
        func ratio(_ values: [ContenderKind: [Double]], _ what: String, _ limit: Double) -> RowReport.Comparison {
            let ratios = zip(values[.sluice] ?? [], values[.plain] ?? []).map { $0 / $1 }
            return RowReport.Comparison(
                what: "\(what), sluice / plain ip_forward", value: Spread(ratios), target: .atMost(limit))
        }
        return RowReport(
            name: name, title: "A round trip of 64 bytes over TCP", unit: "ns (wall clock)",
            figures: figures(middles, "p50") + figures(tails, "p99"),
            comparisons: [ratio(middles, "p50", 1.02), ratio(tails, "p99", 1.05)])
    }

    private static func connect(_ contender: Contender) throws -> Pair {
        let listener = try contender.service.place.visit { try StreamSocket.listening(port: port) }
        let client = try contender.client.place.visit { try StreamSocket.unconnected() }
        try client.connect(to: Flow.service, port: port)
        return Pair(client: client, service: try listener.accept())
    }

    private static func roundTrip(_ pair: Pair) throws -> Int {
        try withUnsafeTemporaryAllocation(byteCount: messageBytes, alignment: 8) { message in
            let start = CPUMeter.nanoseconds(CLOCK_MONOTONIC)
            try pair.client.send(UnsafeRawBufferPointer(message))
            try pair.service.receive(message)
            try pair.service.send(UnsafeRawBufferPointer(message))
            try pair.client.receive(message)
            return CPUMeter.nanoseconds(CLOCK_MONOTONIC) - start
        }
    }
}
