import SluiceResilience
import Testing

/// Many clients that lose their connections at the same moment, in virtual time, in steps of a millisecond.
@Suite("Thundering herd")
struct HerdTests {
    private static let clients = 1_000
    /// Connections that the server accepts in a second.
    private static let capacity = 100

    private struct Outcome {
        /// Attempts by millisecond since the cut.
        var attempts: [Int: Int] = [:]
        /// When the clients were connected again, in milliseconds, in order.
        var connected: [Int] = []

        func attempts(from: Int, upTo end: Int) -> Int {
            (from..<end).reduce(0) { $0 + attempts[$1, default: 0] }
        }

        /// Over all seconds after the first one with at least 200 attempts: the largest share of a second's attempts
        /// that came within a tenth of it, as a multiple of the even share.
        var peak: Double {
            (1..<60).compactMap { second -> Double? in
                let all = attempts(from: second * 1000, upTo: (second + 1) * 1000)
                guard all >= 200 else { return nil }
                let most = (0..<10).map { tenth -> Int in
                    let from = second * 1000 + tenth * 100
                    return attempts(from: from, upTo: from + 100)
                }.max()
                return Double(most ?? 0) / (Double(all) / 10)
            }.max() ?? 0
        }
    }

    /// All clients are reset at 0. An attempt within the capacity connects, any other one is refused.
    private func run(seconds: Int, using generator: inout some RandomNumberGenerator) -> Outcome {
        let start = ContinuousClock.now
        var outcome = Outcome()
        var policies = Array(repeating: RetryPolicy.firewallReset, count: Self.clients)
        var due: [Int: [Int]] = [:]
        func fail(_ client: Int, _ failure: FailureClass, _ tick: Int) {
            let now = start + .milliseconds(tick)
            guard case .retry(let wait) = policies[client].next(after: failure, now: now, using: &generator) else {
                return
            }
            due[tick + Int((wait / .milliseconds(1)).rounded(.up)), default: []].append(client)
        }
        for client in 0..<Self.clients { fail(client, .reset, 0) }
        // A bucket of a tenth of a second's capacity.
        var room = Double(Self.capacity) / 10
        for tick in 0..<(seconds * 1000) {
            room = min(Double(Self.capacity) / 10, room + Double(Self.capacity) / 1000)
            guard let ready = due.removeValue(forKey: tick) else { continue }
            outcome.attempts[tick] = ready.count
            for client in ready {
                if room >= 1 {
                    room -= 1
                    outcome.connected.append(tick)
                } else {
                    fail(client, .refused, tick)
                }
            }
        }
        return outcome
    }

    /// The immediate retries of the first second are not judged: the firewall has asked for them.
    ///
    /// Fair are attempts that are spread evenly over their second, and 10 s until 1,000 clients are connected by a
    /// server that accepts 100 a second.
    @Test(
        "RESUME-1 1,000 clients cut at once: the peak is at most twice the fair one, and without jitter it is not",
        arguments: [1, 2, 3])
    func herd(seed: UInt64) {
        var source = DrawSource(seed: seed)
        let jittered = run(seconds: 60, using: &source)
        var highest = HighestDraw()
        let inStep = run(seconds: 60, using: &highest)

        #expect(jittered.peak <= 2, "with jitter: \(jittered.peak)")
        #expect(inStep.peak >= 5, "without jitter: \(inStep.peak)")
        #expect(jittered.connected.count == Self.clients)
        #expect((jittered.connected.last ?? .max) <= 20_000, "all are connected within twice the fair time")
        let early = inStep.connected.count { $0 <= 20_000 }
        #expect(early < Self.clients / 10, "in step, each wave gets the capacity of a moment only")
    }

    @Test("RESUME-1 1,000 channels of one process share limits: a host that is down for a minute gets a few probes")
    func sharedLimits() {
        let start = ContinuousClock.now
        var source = DrawSource(seed: 7)
        var limits = HostLimits()
        var machines = (0..<Self.clients).map { _ in ReconnectMachine() }
        var attempts: [Int: Int] = [:]
        var connectedAt: [Int] = []
        var due: [Int: [Int]] = [:]
        /// Calls a client again when its timer has come.
        func note(_ client: Int) {
            guard let timer = machines[client].nextTimer else { return }
            due[Int((start.duration(to: timer) / .milliseconds(1)).rounded(.up)), default: []].append(client)
        }
        for client in machines.indices {
            machines[client].start(now: start)
            note(client)
        }
        for tick in 0..<120_000 {
            let now = start + .milliseconds(tick)
            while let ready = due.removeValue(forKey: tick) {
                for client in ready {
                    if case .connect(let attempt) = machines[client].advance(now: now, limits: &limits, using: &source)
                    {
                        attempts[tick / 1000, default: 0] += 1
                        if tick < 60_000 {
                            _ = machines[client].failed(
                                attempt: attempt, .refused, now: now, limits: &limits, using: &source)
                        } else {
                            _ = machines[client].connected(attempt: attempt, now: now, limits: &limits, using: &source)
                            connectedAt.append(tick)
                        }
                    }
                    note(client)
                }
            }
        }
        // Ten open the breaker; then one in 5 s.
        #expect((0..<60).reduce(0) { $0 + attempts[$1, default: 0] } <= 10 + 60 / 5)
        #expect(connectedAt.count == Self.clients)
        #expect((60..<120).map { attempts[$0, default: 0] }.max() ?? 0 <= 250)
    }
}
