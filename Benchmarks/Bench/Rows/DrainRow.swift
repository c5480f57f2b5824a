import Glibc
import Lab

/// Drains an instance with a million sessions: the cost and the duration of sending all resets.
struct DrainRow: Row {
    let name = "drain-resets"

    private static let kind = ContenderKind.sluiceDrain
    /// The steering table gives half of them to each of the two instances. One of these drains.
    private static let sessions = 2_000_000
    private static let million = 1_000_000.0
    /// All resets count as sent when the sender's counter has not changed for this long.
    private static let pauseMilliseconds = 500

    /// The counters at one moment of the drain.
    private struct Sample {
        var nanoseconds: Int
        var instance: Int
        var controller: Int
        var softirq: Int
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contender = try await testbed.contender(Self.kind)
        let report = try await measure(contender)
        try await testbed.end(Self.kind)
        return report
    }

    private func measure(_ contender: Contender) async throws -> RowReport {
        guard let gateway = contender.gateway else { preconditionFailure("\(Self.kind) is not a gateway") }
        let fleet = try await SluiceFleet.whole(of: gateway, instances: 2)
        try await contender.setHostsDropping(true)
        Progress.note("opening \(Self.sessions) sessions through \(Self.kind.title)")
        try CPUMeter.withPriority {
            try SessionOpener(client: contender.client, service: contender.service).open(0..<Self.sessions)
        }
        let memory = try InstanceMemory(gateway: contender.lab.name)
        let leaving = fleet.instances[0]
        let count = memory.established(of: leaving.identifier)
        guard count > Self.sessions * 2 / 5 else {
            throw BenchError.sessions(contender: Self.kind.title, expected: Self.sessions / 2, found: count)
        }
        func sample() throws -> Sample {
            let reading = try CPUMeter(processes: [leaving.processIdentifier]).reading()
            return Sample(
                nanoseconds: reading.wall, instance: reading.processes,
                controller: try CPUMeter.runtime(ofProcess: gateway.process.identifier), softirq: reading.softirq)
        }
        let arrivedBefore = try await arrivals(contender)
        let sentBefore = memory.resetsSent(by: leaving.identifier)
        let before = try sample()
        Progress.note("draining \(count) sessions")
        try await gateway.command("instance", "drain", "\(leaving.identifier)").required()
        var begun = before
        var last = before
        var sent = sentBefore
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            try StopRequest.check()
            guard ContinuousClock.now < deadline else {
                throw BenchError.answer(
                    of: "the drain", was: "\(memory.established(of: leaving.identifier)) sessions remain")
            }
            try await Task.sleep(for: .milliseconds(20))
            let now = try sample()
            let sentNow = memory.resetsSent(by: leaving.identifier)
            if sentNow == sentBefore {
                begun = now
            } else if sentNow != sent {
                (sent, last) = (sentNow, now)
            } else if now.nanoseconds - last.nanoseconds > Self.pauseMilliseconds * 1_000_000,
                memory.established(of: leaving.identifier) == 0
            {
                break
            }
        }
        let arrived = try await arrivals(contender) - arrivedBefore
        guard arrived >= 2 * count - count / 100 else {
            throw BenchError.notForwarded(contender: Self.kind.title, sent: 2 * count, arrived: arrived)
        }
        let end = try await untilEnd(leaving.processIdentifier, sample) ?? last
        return report(
            count: count, segments: Int(sent - sentBefore), failed: Int(memory.resetsFailed(by: leaving.identifier)),
            before: before, begun: begun, sent: last, end: end)
    }

    /// Packets that reach the hosts, which drop them.
    private func arrivals(_ contender: Contender) async throws -> Int {
        try await EntryDrop.packets(contender.lab, .zone(.client), LabZone.hostInterface) + contender.arrivals()
    }

    /// - Returns: the last sample before the process ended.
    private func untilEnd(_ process: pid_t, _ sample: () throws -> Sample) async throws -> Sample? {
        Progress.note("waiting for the end of the drain")
        var last: Sample?
        let deadline = ContinuousClock.now + .seconds(70)
        while ContinuousClock.now < deadline {
            try StopRequest.check()
            // When it has ended, its file no longer exists, or has no tasks.
            guard let now = try? sample(), now.instance >= last?.instance ?? 0 else { return last }
            last = now
            try await Task.sleep(for: .milliseconds(50))
        }
        throw BenchError.answer(of: "the drain", was: "the process \(process) has not ended")
    }

    private func report(
        count: Int, segments: Int, failed: Int, before: Sample, begun: Sample, sent: Sample, end: Sample
    ) -> RowReport {
        let scale = Self.million / Double(count)
        func comparison(_ what: String, _ value: Double, _ limit: Double? = nil) -> RowReport.Comparison {
            RowReport.Comparison(what: what, value: Spread([value]), target: limit.map { .atMost($0) })
        }
        func cpu(_ path: KeyPath<Sample, Int>, _ later: Sample) -> Double {
            Double(later[keyPath: path] - before[keyPath: path]) / 1e9 * scale
        }
        return RowReport(
            name: name, title: "Reset pairs for 1,000,000 sessions in a drain", unit: "", figures: [],
            comparisons: [
                comparison("s CPU of the instance until all are sent", cpu(\.instance, sent), 10),
                comparison("s CPU of the controller meanwhile", cpu(\.controller, sent)),
                comparison("s CPU of ksoftirqd (all causes) meanwhile", cpu(\.softirq, sent)),
                comparison(
                    "s (wall clock), first to last reset", Double(sent.nanoseconds - begun.nanoseconds) / 1e9 * scale),
                comparison("s CPU of the instance until its end", cpu(\.instance, end)),
                comparison("s CPU of the controller until then", cpu(\.controller, end)),
            ],
            remarks: [
                "one run; \(count) sessions, \(segments) segments, \(failed) could not be sent; figures are scaled to 1,000,000",
                "the instance's time includes the kernel's work to send a segment to the other end of the link",
            ])
    }
}
