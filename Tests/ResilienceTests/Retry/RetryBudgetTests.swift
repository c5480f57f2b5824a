import SluiceResilience
import Testing

@Suite("Retry budget")
struct RetryBudgetTests {
    private static let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    @Test(
        "RESUME-1 500 tokens are 100 retries, or 50 after timeouts",
        arguments: [(FailureClass.refused, 100), (.timedOut, 50)])
    func costs(failure: FailureClass, retries: Int) {
        var budget = RetryBudget(leastInterval: nil)
        for _ in 0..<retries { #expect(budget.take(after: failure, now: at(0)) != .exhausted(until: nil)) }
        #expect(budget.tokens == 0)
        #expect(budget.take(after: failure, now: at(1e6)) == .exhausted(until: nil))
    }

    @Test("RESUME-1 a success gives one token, or what its retry took, up to the capacity")
    func successes() {
        var budget = RetryBudget(leastInterval: nil)
        #expect(budget.take(after: .timedOut, now: at(0)) == .granted(cost: 10))
        budget.succeeded(cost: 10)
        #expect(budget.tokens == 500)
        budget.succeeded()
        #expect(budget.tokens == 500)
        for _ in 0..<100 { _ = budget.take(after: .reset, now: at(0)) }
        for _ in 0..<4 { budget.succeeded() }
        #expect(budget.tokens == 4 && budget.take(after: .reset, now: at(0)) == .exhausted(until: nil))
        budget.succeeded()
        #expect(budget.take(after: .reset, now: at(0)) == .granted(cost: 5))
    }

    @Test("RESUME-1 an empty budget still grants one retry in 10 s")
    func least() {
        var budget = RetryBudget()
        for _ in 0..<100 { _ = budget.take(after: .refused, now: at(0)) }
        #expect(budget.take(after: .refused, now: at(9.9)) == .exhausted(until: at(10)))
        #expect(budget.take(after: .refused, now: at(10)) == .granted(cost: 0))
        #expect(budget.take(after: .refused, now: at(10.1)) == .exhausted(until: at(20)))
        #expect(budget.tokens == 0)
    }
}
