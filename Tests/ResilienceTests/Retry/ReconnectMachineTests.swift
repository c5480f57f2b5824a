import SluiceResilience
import Testing

@Suite("Reconnect machine")
struct ReconnectMachineTests {
    /// A machine with its limits and its clock. Seconds count from its start.
    private struct Bench {
        let start = ContinuousClock.now
        var machine: ReconnectMachine
        var limits = HostLimits()
        var source = DrawSource(seed: 1)

        init(policy: RetryPolicy = .firewallReset, planned: Duration? = nil, seed: UInt64 = 1) {
            machine = ReconnectMachine(policy: policy, plannedReconnect: planned)
            source = DrawSource(seed: seed)
        }

        /// To the nanosecond, so that the time of a timer and back is the same time.
        func at(_ seconds: Double) -> ContinuousClock.Instant {
            start + .nanoseconds(Int64((seconds * 1e9).rounded()))
        }

        /// When the next timer is due, in seconds.
        var timer: Double? { machine.nextTimer.map { start.duration(to: $0).inSeconds } }

        mutating func begin() { machine.start(now: at(0)) }

        mutating func advance(_ seconds: Double) -> ReconnectMachine.AdvanceDirective {
            machine.advance(now: at(seconds), limits: &limits, using: &source)
        }

        mutating func connected(_ attempt: Int, _ seconds: Double) -> ReconnectMachine.ConnectedDirective {
            machine.connected(attempt: attempt, now: at(seconds), limits: &limits, using: &source)
        }

        mutating func failed(_ attempt: Int, _ failure: FailureClass, _ seconds: Double)
            -> ReconnectMachine.LossDirective
        {
            machine.failed(attempt: attempt, failure, now: at(seconds), limits: &limits, using: &source)
        }

        mutating func lost(_ attempt: Int, _ failure: FailureClass, _ seconds: Double)
            -> ReconnectMachine.LossDirective
        {
            machine.disconnected(attempt: attempt, failure, now: at(seconds), using: &source)
        }
    }

    @Test("RESUME-1 after a reset the next attempt is due at once; after a refused one it is not")
    func resets() {
        var bench = Bench()
        #expect(bench.timer == nil)
        bench.begin()
        #expect(bench.advance(0) == .connect(attempt: 1))
        #expect(bench.timer == nil && bench.advance(1) == .none)
        #expect(bench.connected(1, 1) == .use)
        #expect(bench.lost(1, .reset, 60) == .retry(after: .zero))
        #expect(bench.timer == 60 && bench.advance(60) == .connect(attempt: 2))
        guard case .retry(let wait) = bench.failed(2, .refused, 60) else {
            Issue.record("refused is retried")
            return
        }
        #expect(wait >= .milliseconds(20) && bench.timer == 60 + wait.inSeconds)
        #expect(bench.advance(60) == .none)
        #expect(bench.advance(60 + wait.inSeconds) == .connect(attempt: 3))
    }

    @Test("RESUME-1 a certificate that is not accepted ends it, at any point", arguments: [true, false])
    func certificate(isConnected: Bool) {
        var bench = Bench()
        bench.begin()
        _ = bench.advance(0)
        let end: ReconnectMachine.LossDirective
        if isConnected {
            _ = bench.connected(1, 0)
            end = bench.lost(1, .certificate, 1)
        } else {
            end = bench.failed(1, .certificate, 1)
        }
        #expect(end == .giveUp(.notRetryable(.certificate)))
        #expect(bench.machine.state == .over && bench.timer == nil && bench.advance(100) == .none)
    }

    @Test("RESUME-1 planned reconnects are spread by 20 %, and make before they break")
    func planned() {
        var ages: [Double] = []
        for seed in 0..<2_000 {
            var bench = Bench(planned: .seconds(180), seed: UInt64(seed))
            bench.begin()
            _ = bench.advance(0)
            _ = bench.connected(1, 5)
            let due = bench.timer ?? 0
            ages.append(due - 5)
            #expect(bench.advance(due - 0.001) == .none)
            #expect(bench.advance(due) == .connect(attempt: 2))
            #expect(bench.connected(2, due + 1) == .useInstead(of: 1))
            // That the older one ends then changes nothing.
            #expect(bench.lost(1, .closed, due + 2) == .ignore)
            #expect((bench.timer ?? 0) > due + 1 + 143)
        }
        #expect(ages.allSatisfy { (144...216).contains($0) })
        #expect((ages.min() ?? 0) < 146 && (ages.max() ?? 0) > 214)
        let mean = ages.reduce(0, +) / Double(ages.count)
        #expect((178.2...181.8).contains(mean))
    }

    @Test("RESUME-1 a planned reconnect that fails keeps the connection, and is tried again later")
    func plannedFails() {
        var bench = Bench(planned: .seconds(180))
        bench.begin()
        _ = bench.advance(0)
        _ = bench.connected(1, 0)
        let due = bench.timer ?? 0
        _ = bench.advance(due)
        #expect(bench.failed(2, .certificate, due) == .keep)
        let again = bench.timer ?? 0
        #expect((due + 36...due + 54).contains(again))
        #expect(bench.advance(again) == .connect(attempt: 3))
        #expect(bench.connected(3, again) == .useInstead(of: 1))
    }

    @Test("RESUME-1 the connection is lost while its successor is being made: that attempt is the next connection")
    func lostWhileReplacing() {
        var bench = Bench(planned: .seconds(180))
        bench.begin()
        _ = bench.advance(0)
        _ = bench.connected(1, 0)
        let due = bench.timer ?? 0
        _ = bench.advance(due)
        #expect(bench.lost(1, .reset, due) == .awaitAttempt)
        #expect(bench.timer == nil)
        #expect(bench.connected(2, due + 1) == .use)
    }

    @Test("RESUME-1 an open breaker delays an attempt; a planned reconnect waits, and the connection stays")
    func breaker() {
        var bench = Bench(planned: .seconds(180))
        bench.begin()
        _ = bench.advance(0)
        _ = bench.connected(1, 0)
        func open(_ seconds: Double) {
            for _ in 0..<10 {
                guard case .allowed(let permit) = bench.limits.breaker.allow(now: bench.at(seconds)) else { return }
                _ = bench.limits.breaker.record(.failure, of: permit, now: bench.at(seconds))
            }
        }
        let due = bench.timer ?? 0
        open(due)
        #expect(bench.advance(due) == .none)
        #expect((bench.timer ?? 0) >= due + 36)
        let now = due + 1
        #expect(bench.lost(1, .reset, now) == .retry(after: .zero))
        #expect(bench.advance(now) == .none)
        // Not before the breaker lets a probe pass, and a wait on top.
        let next = bench.timer ?? 0
        #expect((due + 5.02...due + 5.1).contains(next))
        #expect(bench.advance(next) == .connect(attempt: 2))
    }

    @Test("RESUME-1 a retry takes tokens, and a first attempt and a planned reconnect do not")
    func budget() {
        var bench = Bench(planned: .seconds(180))
        bench.limits.budget.leastInterval = nil
        bench.begin()
        _ = bench.advance(0)
        #expect(bench.limits.budget.tokens == 500)
        _ = bench.connected(1, 0)
        _ = bench.advance(bench.timer ?? 0)
        #expect(bench.limits.budget.tokens == 500)
        _ = bench.connected(2, 200)
        _ = bench.lost(2, .reset, 201)
        _ = bench.advance(201)
        #expect(bench.limits.budget.tokens == 495)
        _ = bench.connected(3, 201)
        #expect(bench.limits.budget.tokens == 500)
        _ = bench.lost(3, .timedOut, 300)
        while bench.limits.budget.tokens > 0 { _ = bench.limits.budget.take(after: .reset, now: bench.at(300)) }
        let due = bench.timer ?? 0
        #expect(bench.advance(due) == .none)
        #expect((bench.timer ?? 0) >= due + 0.02)
        bench.limits.budget.succeeded(cost: 10)
        #expect(bench.advance(bench.timer ?? 0) == .connect(attempt: 4))
        #expect(bench.limits.budget.tokens == 0)
    }

    @Test(
        "RESUME-1 in any order of events: one attempt at a time, late reports change nothing, the end is the end",
        arguments: 0..<200)
    func anyOrder(seed: UInt64) {
        var choices = DrawSource(seed: seed)
        var bench = Bench(planned: .seconds(30), seed: seed)
        bench.limits.breaker.leastCalls = 4
        bench.begin()
        var now = 0.0
        var newest = 0
        var underWay: Int?
        var inUse: Int?
        for _ in 0..<500 {
            now += Double.random(in: 0...3, using: &choices)
            let before = bench.machine.state
            switch Int.random(in: 0..<7, using: &choices) {
            case 0, 1:
                if case .connect(let attempt) = bench.advance(now) {
                    #expect(attempt == newest + 1 && underWay == nil)
                    newest = attempt
                    underWay = attempt
                }
            case 2, 3:
                guard let attempt = underWay else { continue }
                let directive = bench.connected(attempt, now)
                #expect(directive == (inUse.map { .useInstead(of: $0) } ?? .use))
                (inUse, underWay) = (attempt, nil)
            case 4:
                guard let attempt = underWay else { continue }
                #expect((bench.failed(attempt, .timedOut, now) == .keep) == (inUse != nil))
                underWay = nil
            case 5:
                guard let attempt = inUse else { continue }
                #expect((bench.lost(attempt, .closed, now) == .awaitAttempt) == (underWay != nil))
                inUse = nil
            default:
                let other = Int.random(in: 0...newest + 1, using: &choices)
                if other != underWay {
                    #expect(bench.connected(other, now) == .discard)
                    #expect(bench.failed(other, .reset, now) == .ignore)
                }
                if other != inUse { #expect(bench.lost(other, .reset, now) == .ignore) }
                if other != underWay && other != inUse { #expect(bench.machine.state == before) }
            }
            // It never waits for nothing.
            if bench.machine.state != .over { #expect(underWay != nil || bench.timer != nil) }
        }
        bench.machine.close()
        #expect(bench.advance(now + 1_000) == .none && bench.timer == nil)
        #expect(bench.connected(newest, now) == .discard)
    }
}
