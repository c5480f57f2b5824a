import Glibc
import Lab

/// Bulk TCP transfer with real sockets, from the client to the service.
struct BulkRow: Row {
    let streams: Int

    var name: String { "bulk-\(streams)" }

    private static let kinds: [ContenderKind] = [.plain, .nftables, .proxy, .sluice]
    /// Takes some 0.1 to 0.2 s.
    private static let bytes = 256 << 20

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contenders = try await testbed.contenders(Self.kinds)
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        var transfers: [ContenderKind: BulkTransfer] = [:]
        for contender in contenders {
            try await contender.setHostsDropping(false)
            transfers[contender.kind] = try await BulkTransfer(
                contender.lab, from: .client,
                to: contender.kind == .proxy ? LabZone.client.gatewayAddress : LabZone.internet.address,
                cores: (client: cores - 1, server: 0))
        }
        var throughputs: [ContenderKind: [Double]] = [:]
        let rounds = try await Rounds(contenders, rounds: effort.manyRounds) { contender, _ in
            guard let transfer = transfers[contender.kind] else {
                preconditionFailure("\(contender.kind) has no transfer")
            }
            let meter = try CPUMeter(processes: contender.processes)
            let before = try meter.reading()
            let outcome = try await transfer.run(streams: streams, .bytes(Self.bytes))
            let after = try meter.reading() - before
            throughputs[contender.kind, default: []].append(outcome.bitsPerSecond)
            return Rounds.Sample(
                cpuNanoseconds: Double(outcome.cpuNanoseconds + after.softirq + after.processes) / outcome.bytes,
                wallNanoseconds: 8e9 / outcome.bitsPerSecond)
        }
        for transfer in transfers.values { await transfer.end() }
        let speeds = Self.kinds.map { "\($0.rawValue) \(Self.gigabits(throughputs[$0] ?? []))" }
        return RowReport(
            name: name, title: "Bulk TCP, \(streams) stream\(streams == 1 ? "" : "s")",
            unit: "ns CPU a byte, both ends included", figures: rounds.figures,
            comparisons: [
                rounds.rate(.sluice, to: .plain, "bytes per CPU second, sluice / plain", .atLeast(0.98)),
                rounds.wallRate(.sluice, to: .plain, "throughput (wall clock), sluice / plain", nil),
                rounds.rate(.sluice, to: .nftables, "bytes per CPU second, sluice / nftables", nil),
                rounds.rate(.sluice, to: .proxy, "bytes per CPU second, sluice / HAProxy", nil),
            ], remarks: ["throughput (wall clock), median, Gbit/s: \(speeds.joined(separator: ", "))"])
    }

    private static func gigabits(_ values: [Double]) -> String {
        ReportTable.number(Spread(values).median / 1e9)
    }
}
