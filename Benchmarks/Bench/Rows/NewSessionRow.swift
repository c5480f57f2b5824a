import Glibc
import Lab

/// CPU time for a new session: a SYN with a new 5-tuple arrives and is forwarded, and the session is created. The table
/// is empty at the beginning of every turn.
struct NewSessionRow: Row {
    let isThousandRules: Bool

    var name: String { isThousandRules ? "new-session-thousand" : "new-session" }

    /// Flow numbers from here on do not belong to established sessions.
    private static let firstFlow = 1 << 26
    /// Events of the sessions reach Sluice's processes after a delay; the row waits for them.
    private static let settlingMicroseconds: UInt32 = 300_000
    /// Sessions that other rows have left open.
    private static let others = 8

    private var kinds: [ContenderKind] {
        isThousandRules
            ? [.door, .plain, .nftables, .nftablesChain, .nftablesSets, .sluiceThousand, .sluiceThousandGroups]
            : [.door, .plain, .nftables, .sluice, .sluiceGroups]
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contenders = try await testbed.contenders(kinds)
        var senders: [ContenderKind: FrameSender] = [:]
        var meters: [ContenderKind: CPUMeter] = [:]
        for contender in contenders {
            try await contender.setHostsDropping(true)
            senders[contender.kind] = try FrameSender(.syn, host: contender.client)
            meters[contender.kind] = try CPUMeter(processes: contender.processes)
        }
        let rounds = try await Rounds(contenders, rounds: effort.newSessionRounds) { contender, round in
            guard let sender = senders[contender.kind], let meter = meters[contender.kind] else {
                preconditionFailure("\(contender.kind) has no sender")
            }
            try await empty(contender)
            let first = Self.firstFlow + round * effort.newSessions
            let before = try await contender.arrivals()
            let reading = try meter.measure {
                try sender.send(effort.newSessions) { frame, index in frame.writeSyn(Flow(number: first + index)) }
            }
            let settled = try meter.reading()
            if contender.kind.isSluice { usleep(Self.settlingMicroseconds) }
            let later = try meter.reading().processes - settled.processes
            try await check(contender, sent: effort.newSessions, arrived: try await contender.arrivals() - before)
            var all = reading
            all.processes += later
            return Rounds.Sample(all, operations: effort.newSessions)
        }
        return report(rounds)
    }

    private func report(_ rounds: Rounds) -> RowReport {
        var comparisons: [RowReport.Comparison]
        if isThousandRules {
            comparisons = [
                rounds.comparison(.sluiceThousand, to: .nftablesChain, "sluice / nftables, chain", .atMost(0.10)),
                rounds.comparison(.sluiceThousand, to: .nftablesSets, "sluice / nftables, set", nil),
                rounds.comparison(.sluiceThousand, to: .nftables, "sluice, 1,000 rules / nftables, 1 rule", nil),
                rounds.comparison(.sluiceThousandGroups, to: .nftablesChain, "with groups / nftables, chain", nil),
                rounds.comparison(.sluiceThousandGroups, to: .sluiceThousand, "with groups / without", nil),
            ]
        } else {
            comparisons = [
                rounds.comparison(.sluice, to: .nftables, "sluice / nftables", .atMost(0.70)),
                rounds.comparison(.sluice, to: .plain, "sluice / plain ip_forward", nil),
                rounds.comparison(.sluiceGroups, to: .nftables, "sluice with groups / nftables", nil),
                rounds.comparison(.sluiceGroups, to: .sluice, "with groups / without", nil),
            ]
        }
        return RowReport(
            name: name, title: "A new session, SYN to forwarded SYN, \(isThousandRules ? "1,000 rules" : "1 rule")",
            unit: "ns CPU a session, net of the sender", figures: rounds.figures, comparisons: comparisons)
    }

    private func empty(_ contender: Contender) async throws {
        if contender.kind.usesConntrack { try Conntrack.flush(in: contender.gatewayPlace) }
        guard contender.kind.isSluice else { return }
        let isEmpty = try await eventually(within: .seconds(30), every: .milliseconds(200)) {
            try await contender.sessionCount() ?? 0 <= Self.others
        }
        guard isEmpty else {
            throw BenchError.sessions(
                contender: contender.kind.title, expected: 0, found: try await contender.sessionCount() ?? 0)
        }
    }

    private func check(_ contender: Contender, sent: Int, arrived: Int) async throws {
        let expected = contender.kind == .door ? 0...sent / 100 : sent - sent / 100...sent + sent / 100
        guard expected.contains(arrived) else {
            throw BenchError.notForwarded(contender: contender.kind.title, sent: sent, arrived: arrived)
        }
        guard let found = try await contender.sessionCount() else { return }
        guard found >= sent - sent / 100 else {
            throw BenchError.sessions(contender: contender.kind.title, expected: sent, found: found)
        }
    }
}
