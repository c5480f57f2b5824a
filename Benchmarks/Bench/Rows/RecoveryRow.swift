import Glibc
import Lab

/// How soon a hanging or killed instance is detected, and how soon a replacement serves: from the gateway's own
/// history.
struct RecoveryRow: Row {
    let name = "recovery"

    private static let kind = ContenderKind.sluiceFleetTwo

    private struct Outcome {
        var found: [Double] = []
        var replaced: [Double] = []
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contender = try await testbed.contender(Self.kind)
        guard let gateway = contender.gateway else { preconditionFailure("\(Self.kind) is not a gateway") }
        var comparisons: [RowReport.Comparison] = []
        for (signal, what) in [(SIGSTOP, "SIGSTOP"), (SIGKILL, "SIGKILL")] {
            var outcome = Outcome()
            for round in 0..<effort.rounds {
                let fleet = try await SluiceFleet.whole(of: gateway, instances: 2)
                // Always another moment within the second in which the controller asks.
                try await Task.sleep(for: .milliseconds(1000 + round * 370 % 1000))
                let victim = fleet.instances[round % fleet.instances.count]
                let (found, replaced) = try await fail(victim, signal, gateway)
                outcome.found.append(found)
                outcome.replaced.append(replaced)
            }
            comparisons += [
                RowReport.Comparison(
                    what: "\(what): seconds until found, worst", value: Spread([outcome.found.max() ?? 0]),
                    target: .atMost(5)),
                RowReport.Comparison(what: "\(what): until found", value: Spread(outcome.found), target: nil),
                RowReport.Comparison(
                    what: "\(what): seconds until another serves, worst", value: Spread([outcome.replaced.max() ?? 0]),
                    target: .atMost(10)),
                RowReport.Comparison(
                    what: "\(what): until another serves", value: Spread(outcome.replaced), target: nil),
            ]
        }
        // Its processes are not those that it started with.
        try await testbed.end(Self.kind)
        return RowReport(
            name: name, title: "An instance hangs, or is killed", unit: "", figures: [], comparisons: comparisons,
            remarks: ["from the signal to the event's time in 'sluice event list'; \(effort.rounds) times each"])
    }

    /// - Returns: seconds until the history reports the failure, and until it reports the replacement.
    private func fail(
        _ victim: SluiceFleet.Instance, _ signal: Int32, _ gateway: LabGateway
    ) async throws -> (found: Double, replaced: Double) {
        let last = try await SluiceHistory(of: gateway).events.map(\.id).max() ?? 0
        let start = Double(CPUMeter.nanoseconds(CLOCK_REALTIME)) / 1e9
        kill(victim.processIdentifier, signal)
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            try StopRequest.check()
            try await Task.sleep(for: .milliseconds(200))
            let events = try await SluiceHistory(of: gateway).events.filter {
                $0.id > last && $0.subject == "instance \(victim.identifier)"
            }
            func time(_ kind: String) -> Double? { events.first { $0.kind == kind }?.seconds }
            if let found = time("instanceUnresponsive"), let replaced = time("instanceRecovered") {
                return (found - start, replaced - start)
            }
        }
        throw BenchError.answer(
            of: "sluice event list", was: "no replacement of instance \(victim.identifier) within 30 s")
    }
}
