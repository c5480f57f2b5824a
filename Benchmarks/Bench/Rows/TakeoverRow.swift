import Glibc
import Lab

/// 1,000,000 sessions get a new owner (`continuity: preserve`), while one of them carries small messages in both
/// directions: how long until other instances age all of them, and how much a message is delayed.
struct TakeoverRow: Row {
    let name = "takeover"

    private static let kind = ContenderKind.sluicePreserve
    private static let sessions = 1_000_000
    private static let port: UInt16 = 8060
    /// Duration of the stream, without and with a takeover. It includes the start of the replacement.
    private static let streamMilliseconds = 2500
    private static let disturbanceAtMillisecond = 200

    /// How an instance leaves.
    private enum Departure: CaseIterable {
        case killed, stopped

        var text: String {
            switch self {
            case .killed: "kill -9"
            case .stopped: "instance stop"
            }
        }
    }

    /// One takeover. Times are seconds since the end of the process, delays are milliseconds.
    private struct Takeover {
        var moved: Double
        var agedAtLeast: Double
        var agedAtMost: Double
        var usualDelay: Double
        var worstDelayBefore: Double
        var worstDelay: Double

        var extraDelay: Double { worstDelay - usualDelay }
        var extraDelayBefore: Double { worstDelayBefore - usualDelay }
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contender = try await testbed.contender(Self.kind)
        guard let gateway = contender.gateway else { preconditionFailure("\(Self.kind) is not a gateway") }
        _ = try await SluiceFleet.whole(of: gateway, instances: 2)
        try await contender.setHostsDropping(true)
        Progress.note("opening \(Self.sessions) sessions through \(Self.kind.title)")
        try CPUMeter.withPriority {
            try SessionOpener(client: contender.client, service: contender.service).open(0..<Self.sessions)
        }
        try await contender.setHostsDropping(false)
        let stream = try ProbeStream(contender, port: Self.port)
        let memory = try InstanceMemory(gateway: contender.lab.name)
        var outcomes: [Departure: [Takeover]] = [:]
        for round in 0..<effort.rounds {
            for departure in Departure.allCases {
                try StopRequest.check()
                let leaving = try await gather(gateway, memory)
                Progress.note("takeover \(round + 1), \(departure.text)")
                let takeover = try await take(contender, gateway, memory, stream, leaving, departure)
                outcomes[departure, default: []].append(takeover)
            }
        }
        try await testbed.end(Self.kind)
        return report(outcomes, rounds: effort.rounds)
    }

    /// Makes one instance the owner of all sessions: the others with sessions are killed.
    private func gather(_ gateway: LabGateway, _ memory: InstanceMemory) async throws -> SluiceFleet.Instance {
        for _ in 0..<4 {
            let fleet = try await SluiceFleet.whole(of: gateway, instances: 2)
            let owners = fleet.instances.filter { memory.established(of: $0.identifier) > 0 }
            let held = owners.reduce(0) { $0 + memory.established(of: $1.identifier) }
            // Plus the session of the stream.
            guard held == Self.sessions + 1 else {
                throw BenchError.sessions(contender: Self.kind.title, expected: Self.sessions + 1, found: held)
            }
            if owners.count == 1 { return owners[0] }
            kill(owners[0].processIdentifier, SIGKILL)
            try await Task.sleep(for: .seconds(2))
        }
        throw BenchError.answer(of: "the fleet", was: "several instances have sessions, but one was expected")
    }

    private func take(
        _ contender: Contender, _ gateway: LabGateway, _ memory: InstanceMemory, _ stream: ProbeStream,
        _ leaving: SluiceFleet.Instance, _ departure: Departure
    ) async throws -> Takeover {
        let process = try WatchedProcess(leaving.processIdentifier)
        var watch = TakeoverWatch(
            instance: leaving.identifier, slabs: memory.slabsInUse(of: leaving.identifier),
            eyes: TakeoverWatch.Eyes(
                isGone: { process.isGone }, owner: { memory.owner(of: $0) }, passes: { memory.passes(of: $0) }))
        let before = try stream.run(milliseconds: Self.streamMilliseconds)
        var command: ChildProcess?
        var iterations = 0
        let during = try stream.run(milliseconds: Self.streamMilliseconds) { now in
            iterations += 1
            if iterations == Self.disturbanceAtMillisecond {
                switch departure {
                case .killed: kill(leaving.processIdentifier, SIGKILL)
                case .stopped:
                    command = try contender.lab.spawn(
                        in: .gateway,
                        [gateway.binary, "instance", "stop", "\(leaving.identifier)", "--gateway", contender.lab.name])
                }
            }
            if !watch.isOver { watch.check(now: now) }
        }
        _ = await command?.waitForExit(within: .seconds(10))
        guard let gone = watch.goneAt, let moved = watch.movedAt, let least = watch.agedAtLeastAt,
            let most = watch.agedAtMostAt
        else {
            throw BenchError.answer(
                of: "the takeover",
                was:
                    "it did not end within \(Self.streamMilliseconds) ms: \(gateway.process.allOutput.suffix(1000))"
            )
        }
        return Takeover(
            moved: Double(moved - gone) / 1e9, agedAtLeast: Double(least - gone) / 1e9,
            agedAtMost: Double(most - gone) / 1e9, usualDelay: Spread(before).median / 1e6,
            worstDelayBefore: (before.max() ?? 0) / 1e6, worstDelay: (during.max() ?? 0) / 1e6)
    }

    private func report(_ outcomes: [Departure: [Takeover]], rounds: Int) -> RowReport {
        var comparisons: [RowReport.Comparison] = []
        for departure in Departure.allCases {
            guard let takeovers = outcomes[departure] else { continue }
            func add(_ what: String, _ value: (Takeover) -> Double, _ limit: Double? = nil) {
                comparisons.append(
                    RowReport.Comparison(
                        what: "\(departure.text): \(what)", value: Spread(takeovers.map(value)),
                        target: limit.map { .atMost($0) }))
            }
            add("s until aged by new owners, at most", \.agedAtMost, 1)
            add("s until aged by new owners, at least", \.agedAtLeast)
            add("s until slabs have new owners", \.moved)
            add("ms largest extra delay", \.extraDelay, 5)
            add("ms the same, no takeover", \.extraDelayBefore)
            add("ms a message, median", \.usualDelay)
        }
        let worst = Departure.allCases.map { departure in
            let delays = (outcomes[departure] ?? []).map(\.extraDelay)
            return "\(departure.text) \(ReportTable.number(delays.max() ?? 0)) ms"
        }
        return RowReport(
            name: name, title: "1,000,000 sessions change their owner", unit: "", figures: [], comparisons: comparisons,
            remarks: [
                "\(rounds) takeovers of each kind; extra delay: the largest of \(2 * Self.streamMilliseconds) messages, less "
                    + "the median of as many without a takeover",
                "the largest of all rounds: \(worst.joined(separator: ", "))",
            ])
    }
}
