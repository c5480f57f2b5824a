import SluiceResilience
import Testing

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    private static let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    /// A call that ends at once.
    @discardableResult
    private func call(_ breaker: inout CircuitBreaker, _ outcome: CircuitBreaker.Outcome, _ seconds: Double)
        -> CircuitBreaker.Change?
    {
        guard case .allowed(let permit) = breaker.allow(now: at(seconds)) else { return nil }
        return breaker.record(outcome, of: permit, now: at(seconds))
    }

    private func opened(at seconds: Double) -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<10 { call(&breaker, .failure, seconds) }
        return breaker
    }

    @Test("RESUME-1 it opens at half of ten calls, not before")
    func ratio() {
        var few = CircuitBreaker()
        for _ in 0..<9 { #expect(call(&few, .failure, 0) == CircuitBreaker.Change.none) }
        #expect(call(&few, .failure, 1) == .opened(until: at(6)))

        var mixed = CircuitBreaker()
        for _ in 0..<6 { call(&mixed, .success, 0) }
        for _ in 0..<5 { #expect(call(&mixed, .failure, 1) == CircuitBreaker.Change.none) }
        #expect(call(&mixed, .failure, 2) == .opened(until: at(7)))
    }

    @Test("RESUME-1 calls older than 30 s do not count")
    func window() {
        var breaker = CircuitBreaker()
        for _ in 0..<9 { call(&breaker, .failure, 0) }
        for _ in 0..<9 { #expect(call(&breaker, .failure, 31) == CircuitBreaker.Change.none) }
        #expect(breaker.state == .closed)

        var slow = CircuitBreaker()
        // One failure in 4 s is never ten in 30 s.
        for step in 0..<100 { #expect(call(&slow, .failure, Double(step) * 4) == CircuitBreaker.Change.none) }
        var fast = CircuitBreaker()
        for step in 0..<9 { call(&fast, .failure, Double(step) * 2.5) }
        #expect(call(&fast, .failure, 22.5) == .opened(until: at(27.5)))
    }

    @Test("RESUME-1 open for 5 s, then one probe: its success closes it")
    func probeSucceeds() {
        var breaker = opened(at: 0)
        #expect(breaker.allow(now: at(4.9)) == .refused(until: at(5)))
        guard case .allowed(let probe) = breaker.allow(now: at(5)) else {
            Issue.record("no probe")
            return
        }
        #expect(probe.isProbe && breaker.state == .halfOpen(since: at(5)))
        #expect(breaker.allow(now: at(5.1)) == .refused(until: at(10)))
        #expect(breaker.record(.success, of: probe, now: at(6)) == .closed)
        // The old failures are forgotten.
        for _ in 0..<9 { #expect(call(&breaker, .failure, 6) == CircuitBreaker.Change.none) }
    }

    @Test("RESUME-1 a probe that fails opens it for another 5 s")
    func probeFails() {
        var breaker = opened(at: 0)
        #expect(call(&breaker, .failure, 5) == .opened(until: at(10)))
        #expect(breaker.allow(now: at(9.9)) == .refused(until: at(10)))
        #expect(call(&breaker, .success, 10) == .closed)
    }

    @Test("RESUME-1 results of calls from before it opened decide nothing, and a lost probe does not block it")
    func late() {
        var breaker = CircuitBreaker()
        guard case .allowed(let early) = breaker.allow(now: at(0)) else {
            Issue.record("closed breakers allow")
            return
        }
        for _ in 0..<10 { call(&breaker, .failure, 0) }
        _ = breaker.allow(now: at(5))
        #expect(breaker.record(.success, of: early, now: at(6)) == CircuitBreaker.Change.none)
        #expect(breaker.state == .halfOpen(since: at(5)))
        #expect(breaker.allow(now: at(34.9)) == .refused(until: at(34.9)))
        #expect(call(&breaker, .success, 35) == .closed)
    }
}
