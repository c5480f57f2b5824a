import Kernel
import Testing

@testable import Gateway

@Suite struct IterationAccountingTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000

    /// One iteration: each kind of work with its time.
    private func iteration(
        _ accounting: inout IterationAccounting, at start: UInt64, _ parts: [(IterationAccounting.Work, UInt64)]
    ) -> LongestIteration? {
        accounting.begin(now: start)
        var now = start
        for (work, took) in parts {
            now += took
            accounting.finished(work, now: now)
        }
        return accounting.end(now: now)
    }

    @Test("MET-3 the longest iteration of a minute is known with its longest work, and forgotten after that")
    func longest() {
        var accounting = IterationAccounting()
        #expect(accounting.longest(now: 0) == nil)
        let start = 100 * Self.second
        let report = iteration(
            &accounting, at: start,
            [(.signals, 1 * Self.millisecond), (.fleet, 30 * Self.millisecond), (.guard, 2 * Self.millisecond)])
        #expect(report == nil)
        for other in 1...55 {
            _ = iteration(&accounting, at: start + UInt64(other) * Self.second, [(.history, 5 * Self.millisecond)])
        }
        let expected = LongestIteration(milliseconds: 33, work: "fleet", workMilliseconds: 30)
        #expect(accounting.longest(now: start + 56 * Self.second) == expected)
        let later = start + 75 * Self.second
        #expect(accounting.longest(now: later)?.work == "history")
        _ = iteration(&accounting, at: later, [(.log, 1 * Self.millisecond)])
        #expect(accounting.longest(now: later)?.milliseconds == 5)
        #expect(accounting.longest(now: later + 200 * Self.second) == nil)
    }

    @Test("MET-3 an iteration of more than a second is reported, at most once a minute")
    func report() {
        var accounting = IterationAccounting()
        let start = 100 * Self.second
        #expect(iteration(&accounting, at: start, [(.sessions, Self.second)]) == nil)
        let report = iteration(&accounting, at: start, [(.requests, 1), (.sessions, 2 * Self.second)])
        #expect(report == LongestIteration(milliseconds: 2000, work: "sessions", workMilliseconds: 2000))
        #expect(iteration(&accounting, at: start + 10 * Self.second, [(.sessions, 2 * Self.second)]) == nil)
        #expect(iteration(&accounting, at: start + 65 * Self.second, [(.guard, 3 * Self.second)])?.work == "guard")
    }

    @Test("MET-3 a clock that differs slightly on another processor gives no negative time")
    func backwards() {
        var accounting = IterationAccounting()
        accounting.begin(now: 1000)
        accounting.finished(.fleet, now: 900)
        #expect(accounting.end(now: 800) == nil)
        #expect(accounting.longest(now: 800)?.milliseconds == 0)
    }
}
