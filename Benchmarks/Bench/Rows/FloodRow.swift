import Glibc
import Lab
import Synchronization

/// The throughput of an established transfer while a flood of SYNs, each for a new session, saturates one core. The
/// flood comes from the client on one core. The transfer goes from the peer to the service on the other core.
struct FloodRow: Row {
    let name = "syn-flood"

    private static let kinds: [ContenderKind] = [.plain, .nftables, .sluice]
    private static let firstFlow = 1 << 28

    private struct Outcome {
        var goodput: [Double] = []
        var floodPerSecond: [Double] = []
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        guard sysconf(Int32(_SC_NPROCESSORS_ONLN)) >= 2 else {
            throw BenchError.answer(of: "this machine", was: "one core, but the row needs two")
        }
        let contenders = try await testbed.contenders(Self.kinds)
        var transfers: [ContenderKind: BulkTransfer] = [:]
        for contender in contenders {
            try await contender.setHostsDropping(false)
            try await EntryDrop.install(
                contender.lab, .internet, LabZone.hostInterface, program: EntryDrop.frames)
            transfers[contender.kind] = try await BulkTransfer(contender.lab, from: .peer, cores: (1, 1))
        }
        var outcomes: [ContenderKind: Outcome] = [:]
        for round in 0..<effort.rounds {
            for index in contenders.indices {
                try StopRequest.check()
                let contender = contenders[(index + round) % contenders.count]
                guard let transfer = transfers[contender.kind] else { continue }
                if contender.kind.usesConntrack { try Conntrack.flush(in: contender.gatewayPlace) }
                let flood = try SynFlood(host: contender.client, core: 0, firstFlow: Self.firstFlow + round << 24)
                let result: BulkTransfer.Outcome
                do {
                    result = try await transfer.run(streams: 1, .seconds(effort.isQuick ? 1 : 3))
                } catch {
                    _ = flood.end()
                    throw error
                }
                outcomes[contender.kind, default: Outcome()].goodput.append(result.bitsPerSecond / 1e9)
                outcomes[contender.kind, default: Outcome()].floodPerSecond.append(flood.end())
            }
        }
        for transfer in transfers.values { await transfer.end() }
        return report(outcomes)
    }

    private func report(_ outcomes: [ContenderKind: Outcome]) -> RowReport {
        func ratio(_ left: ContenderKind, _ right: ContenderKind) -> Spread {
            Spread(zip(outcomes[left]?.goodput ?? [], outcomes[right]?.goodput ?? []).map { $0 / $1 })
        }
        let rates = Self.kinds.map {
            "\($0.rawValue) \(ReportTable.number(Spread(outcomes[$0]?.floodPerSecond ?? []).median / 1000))"
        }
        return RowReport(
            name: name, title: "An established transfer while SYNs saturate one core", unit: "Gbit/s (wall clock)",
            figures: Self.kinds.map {
                RowReport.Figure(
                    contender: $0.rawValue, title: $0.title, value: Spread(outcomes[$0]?.goodput ?? []))
            },
            comparisons: [
                RowReport.Comparison(
                    what: "goodput, sluice / plain ip_forward", value: ratio(.sluice, .plain), target: .atLeast(0.90)),
                RowReport.Comparison(what: "goodput, sluice / nftables", value: ratio(.sluice, .nftables), target: nil),
            ], remarks: ["thousands of SYNs a second, median: \(rates.joined(separator: ", "))"])
    }
}
