import Testing

@testable import SluiceResilience

@Suite("Retry policy")
struct RetryPolicyTests {
    private static let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    /// The waits that a policy would draw, each from a copy, after so many earlier failures.
    private func draws(_ policy: RetryPolicy, earlier: Int, count: Int = 100_000) -> [Double] {
        var source = DrawSource(seed: UInt64(earlier) + 1)
        var policy = policy
        policy.deadline = nil
        for _ in 0..<earlier { _ = policy.next(after: .refused, now: at(0), using: &source) }
        return (0..<count).compactMap { _ in
            var copy = policy
            guard case .retry(let wait) = copy.next(after: .refused, now: at(0), using: &source) else { return nil }
            return wait.inSeconds
        }
    }

    @Test(
        "RESUME-1 the mean of 100,000 draws is that of the closed form",
        arguments: [(0, 0.1), (1, 0.2), (3, 0.8), (6, 6.4), (7, 10), (40, 10), (1000, 10)])
    func mean(earlier: Int, ceiling: Double) {
        let waits = draws(.firewallReset, earlier: earlier)
        #expect(waits.count == 100_000)
        // max(f, U(0, c)): f with the probability f/c, else (f + c) / 2.
        let floor = 0.02
        let expected = (ceiling * ceiling + floor * floor) / (2 * ceiling)
        let mean = waits.reduce(0, +) / Double(waits.count)
        #expect(abs(mean / expected - 1) < 0.01)
        #expect(waits.allSatisfy { (floor...ceiling).contains($0) })
        // Full jitter fills the whole range.
        for tenth in 3..<10 {
            let share = waits.count { (Double(tenth)..<Double(tenth + 1)).contains($0 / ceiling * 10) }
            #expect((9_000...11_000).contains(share))
        }
    }

    @Test("RESUME-1 the cap is applied before the jitter: at the cap clients are still spread")
    func capBeforeJitter() {
        let waits = draws(.firewallReset, earlier: 20, count: 1_000)
        // As Polly does it: the draw first, then the cap. Nearly all clients come back in the same instant.
        var source = DrawSource(seed: 5)
        let capped = (0..<1_000).map { _ in min(10, Double.random(in: 0...(0.1 * 1_048_576), using: &source)) }
        func mostInATenth(_ waits: [Double]) -> Int {
            (0...10).map { tenth in waits.count { Int($0) == tenth } }.max() ?? 0
        }
        #expect(mostInATenth(waits) < 150)
        #expect(mostInATenth(capped) > 900)
    }

    @Test("RESUME-1 the first retry after a reset is immediate, but once in 10 s")
    func immediate() {
        var source = DrawSource(seed: 2)
        var policy = RetryPolicy.firewallReset
        #expect(policy.next(after: .reset, now: at(0), using: &source) == .retry(after: .zero))
        policy.succeeded(now: at(0.1))
        let second = policy.next(after: .reset, now: at(9.9), using: &source)
        #expect(second != .retry(after: .zero))
        policy.succeeded(now: at(9.95))
        #expect(policy.next(after: .reset, now: at(10), using: &source) == .retry(after: .zero))
        // Only the first one of a series: the second reset says that the new session was refused as well.
        #expect(policy.next(after: .reset, now: at(30), using: &source) != .retry(after: .zero))
        // And only after a reset.
        for failure in FailureClass.allCases where failure != .reset && failure.isRetryable {
            var other = RetryPolicy.firewallReset
            #expect(other.next(after: failure, now: at(0), using: &source) != .retry(after: .zero))
        }
    }

    @Test("RESUME-1 the immediate retry does not double the waits")
    func immediateIsNoWait() {
        var highest = HighestDraw()
        var policy = RetryPolicy.firewallReset
        _ = policy.next(after: .reset, now: at(0), using: &highest)
        let waits = (0..<9).map { _ in policy.next(after: .refused, now: at(0), using: &highest) }
        let expected = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]
        #expect(waits == expected.map { .retry(after: .milliseconds(Int64(($0 * 1000).rounded()))) })
    }

    @Test("RESUME-1 no attempt begins after the deadline, which begins with the first failure")
    func deadline() {
        var source = DrawSource(seed: 3)
        var policy = RetryPolicy.firewallReset
        var now = 1_000.0
        var waits = 0
        while case .retry(let wait) = policy.next(after: .timedOut, now: at(now), using: &source) {
            now += wait.inSeconds
            waits += 1
            #expect(now <= 1_300.000001)
        }
        #expect(waits > 40 && now > 1_290)
        #expect(policy.next(after: .timedOut, now: at(1_300), using: &source) == .giveUp(.deadline(.seconds(300))))
        policy.succeeded(now: at(1_300))
        guard case .retry = policy.next(after: .timedOut, now: at(1_301), using: &source) else {
            Issue.record("a success must begin the deadline again")
            return
        }
    }

    @Test("RESUME-1 a success makes the waits short again, if it lasts")
    func settling() {
        var highest = HighestDraw()
        var policy = RetryPolicy.firewallReset
        for _ in 0..<5 { _ = policy.next(after: .refused, now: at(0), using: &highest) }
        policy.succeeded(now: at(20))
        // A server that accepts and closes at once is not asked ten times a second.
        #expect(policy.next(after: .closed, now: at(29.9), using: &highest) == .retry(after: .milliseconds(3_200)))
        policy.succeeded(now: at(40))
        #expect(policy.next(after: .closed, now: at(50), using: &highest) == .retry(after: .milliseconds(100)))
    }

    @Test("RESUME-1 presets: loss without a RST, and the AWS SDKs' standard mode")
    func presets() {
        var highest = HighestDraw()
        var silent = RetryPolicy.silentLoss
        #expect(silent.next(after: .timedOut, now: at(0), using: &highest) == .retry(after: .seconds(1)))
        #expect(silent.next(after: .timedOut, now: at(1), using: &highest) == .retry(after: .seconds(2)))
        #expect(silent.next(after: .timedOut, now: at(899), using: &highest) == .giveUp(.deadline(.seconds(900))))

        var aws = RetryPolicy.aws
        #expect(aws.next(after: .reset, now: at(0), using: &highest) == .retry(after: .seconds(1)))
        #expect(aws.next(after: .reset, now: at(1), using: &highest) == .retry(after: .seconds(2)))
        #expect(aws.next(after: .reset, now: at(3), using: &highest) == .giveUp(.attempts(3)))
        let waits = draws(.aws, earlier: 0)
        let mean = waits.reduce(0, +) / Double(waits.count)
        #expect((0.495...0.505).contains(mean))
    }

    @Test("RESUME-1 an attempt that was not made counts for the deadline, but is not a failure")
    func postponed() {
        var highest = HighestDraw()
        var policy = RetryPolicy.aws
        policy.deadline = .seconds(100)
        for wait in [1, 2, 4, 8, 16, 20, 20] {
            #expect(policy.postponed(now: at(0), using: &highest) == .retry(after: .seconds(wait)))
        }
        #expect(policy.failures == 0)
        #expect(policy.postponed(now: at(81), using: &highest) == .giveUp(.deadline(.seconds(100))))
    }

    @Test("RESUME-1 odd values neither trap nor make a loop")
    func oddValues() {
        var source = DrawSource(seed: 4)
        for (base, cap) in [
            (Duration.zero, Duration.zero), (.seconds(-1), .seconds(-1)), (.seconds(1e6), .seconds(1e19)),
        ] {
            var policy = RetryPolicy(base: base, cap: cap, deadline: nil)
            for _ in 0..<200 {
                guard case .retry(let wait) = policy.next(after: .refused, now: at(0), using: &source) else {
                    Issue.record("without a deadline it never gives up")
                    return
                }
                #expect(wait >= .milliseconds(20))
            }
        }
    }
}
