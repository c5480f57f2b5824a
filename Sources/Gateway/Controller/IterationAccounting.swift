package import Kernel

/// How long the iterations of the controller's loop take, and which work takes the time (MET-3). Pure; times are CLOCK_MONOTONIC in
/// nanoseconds.
///
/// An iteration begins when the loop wakes, and ends when it waits again.
package struct IterationAccounting: Sendable {
    /// The kinds of work in an iteration.
    package enum Work: String, CaseIterable, Sendable {
        case signals, requests, fleet, reload, sessions, routing, ipsec, interfaces, history, log, traffic, flowLog,
            api, `guard`
    }

    /// Longer iterations are reported in the log.
    package static let toleratedNanoseconds: UInt64 = 1_000_000_000
    /// The minimum time between two reports.
    package static let betweenReportsNanoseconds: UInt64 = 60_000_000_000
    /// The longest iteration of each period is kept, and forgotten after a minute.
    private static let periodNanoseconds: UInt64 = 10_000_000_000
    private static let periods: UInt64 = 6

    private struct Part {
        var work: Work?
        var nanoseconds: UInt64 = 0
    }

    private struct Iteration {
        var period: UInt64
        var nanoseconds: UInt64
        var longest: Part
    }

    private var began: UInt64 = 0
    private var lastEnd: UInt64 = 0
    private var longestPart = Part()
    /// The longest iteration of each period, oldest first.
    private var iterations: [Iteration] = []
    private var reportedAt: UInt64?

    package init() {}

    package mutating func begin(now: UInt64) {
        began = now
        lastEnd = now
        longestPart = Part()
    }

    /// Records that some work is finished. Its time counts from the begin of the iteration, or from the end of the work before it.
    package mutating func finished(_ work: Work, now: UInt64) {
        let took = now - min(lastEnd, now)
        lastEnd = now
        if longestPart.work == nil || took > longestPart.nanoseconds {
            longestPart = Part(work: work, nanoseconds: took)
        }
    }

    /// - Returns: the iteration, if the log has to report it.
    package mutating func end(now: UInt64) -> LongestIteration? {
        let iteration = Iteration(
            period: now / Self.periodNanoseconds, nanoseconds: now - min(began, now), longest: longestPart)
        if let last = iterations.last, last.period == iteration.period {
            if iteration.nanoseconds > last.nanoseconds { iterations[iterations.count - 1] = iteration }
        } else {
            iterations.removeAll { $0.period + Self.periods < iteration.period }
            iterations.append(iteration)
        }
        guard iteration.nanoseconds > Self.toleratedNanoseconds,
            reportedAt.map({ now >= $0 + Self.betweenReportsNanoseconds }) ?? true
        else { return nil }
        reportedAt = now
        return Self.reported(iteration)
    }

    /// The longest iteration of the last minute, or of at most ten seconds more; nil: there was none.
    package func longest(now: UInt64) -> LongestIteration? {
        let period = now / Self.periodNanoseconds
        return iterations.filter { $0.period + Self.periods >= period }.max { $0.nanoseconds < $1.nanoseconds }
            .map(Self.reported)
    }

    private static func reported(_ iteration: Iteration) -> LongestIteration {
        LongestIteration(
            milliseconds: milliseconds(iteration.nanoseconds), work: iteration.longest.work?.rawValue ?? "nothing",
            workMilliseconds: milliseconds(iteration.longest.nanoseconds))
    }

    /// Rounded to a tenth.
    private static func milliseconds(_ nanoseconds: UInt64) -> Double {
        (Double(nanoseconds) / 100_000).rounded() / 10
    }
}
