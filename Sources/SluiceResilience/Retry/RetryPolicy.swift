/// Decides whether, and after which wait, a failed attempt is repeated.
///
/// The wait is drawn by *full jitter*: evenly from 0 to `min(cap, base * 2^n)`, where n counts the waits. The cap is
/// applied before the draw. Where it is applied afterwards, clients at the cap all wait for exactly the same time, and
/// come back in step.
///
/// The first retry after a reset comes at once: the firewall has reported the end of the session, and a new one may
/// begin. That is done at most once in ``immediateInterval``, so that a connection which is reset again and again is
/// not a loop.
///
/// A value belongs to one connection, or one request, and has a memory. To begin, copy a preset:
///
/// ```swift
/// var policy = RetryPolicy.firewallReset
/// switch policy.next(after: .reset, now: .now, using: &generator) {
/// case .retry(let wait): // wait, and try again
/// case .giveUp(let reason): // report it
/// }
/// ```
///
/// Source of the formula: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
public struct RetryPolicy: Sendable, Hashable {
    /// A point of time. Nothing here reads a clock.
    public typealias Instant = ContinuousClock.Instant

    /// What to do after a failure.
    public enum Decision: Sendable, Hashable {
        /// Try again after this time. Zero: at once.
        case retry(after: Duration)
        /// Report the failure to the user.
        case giveUp(GiveUpReason)
    }

    /// The first wait is drawn from 0 to this time. It doubles with each wait.
    public var base: Duration
    /// No wait is drawn from a range longer than this.
    public var cap: Duration
    /// No attempt begins later than this after the first failure of a series. Nil: no limit.
    public var deadline: Duration?
    /// No wait is shorter than this. An immediate retry has no wait.
    public var shortestWait: Duration
    /// The first retry after a reset is immediate, but at most once in this time. Nil: never.
    public var immediateInterval: Duration?
    /// So many attempts are made, the first one included. Nil: no limit.
    public var attemptLimit: Int?
    /// A success that lasts for less than this time does not make the waits short again: a server that accepts
    /// connections and closes them at once is not asked ten times a second.
    public var settlingTime: Duration

    /// Makes a policy. The default values are those of ``firewallReset``.
    public init(
        base: Duration = .milliseconds(100), cap: Duration = .seconds(10), deadline: Duration? = .seconds(300),
        shortestWait: Duration = .milliseconds(20), immediateInterval: Duration? = .seconds(10),
        attemptLimit: Int? = nil, settlingTime: Duration = .seconds(10)
    ) {
        self.base = base
        self.cap = cap
        self.deadline = deadline
        self.shortestWait = shortestWait
        self.immediateInterval = immediateInterval
        self.attemptLimit = attemptLimit
        self.settlingTime = settlingTime
    }

    /// For connections that a firewall resets: waits from 100 ms up to 10 s, for at most 5 minutes.
    public static let firewallReset = RetryPolicy()

    /// For connections that are lost without a RST: waits from 1 s up to 10 s, for at most 15 minutes. When such a loss
    /// is noticed, its cause may last.
    public static let silentLoss = RetryPolicy(base: .seconds(1), deadline: .seconds(900))

    /// For requests, as the AWS SDKs do it in their standard mode: 3 attempts, waits from 1 s up to 20 s, no immediate
    /// retry, no deadline. Each success ends the series.
    public static let aws = RetryPolicy(
        base: .seconds(1), cap: .seconds(20), deadline: nil, shortestWait: .zero, immediateInterval: nil,
        attemptLimit: 3, settlingTime: .zero)

    // MARK: - Memory

    /// How often a wait was drawn since the waits were short.
    private(set) var doublings = 0
    /// Failures of this series.
    private(set) var failures = 0
    private var failingSince: Instant?
    private var succeededAt: Instant?
    private var immediateAt: Instant?

    /// Decides after a failed attempt, or after the loss of a connection.
    ///
    /// - Returns: The wait, or why there is none. After `giveUp`, the same failure gets the same answer until
    ///   ``succeeded(now:)``.
    public mutating func next(
        after failure: FailureClass, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> Decision {
        guard failure.isRetryable else { return .giveUp(.notRetryable(failure)) }
        beginSeries(now: now)
        failures += 1
        if let attemptLimit, failures >= attemptLimit { return .giveUp(.attempts(failures)) }
        if failure == .reset, failures == 1, takeImmediate(now: now) { return .retry(after: .zero) }
        return draw(now: now, using: &generator)
    }

    /// Decides when an attempt was not made, because the host's budget or circuit breaker refused it.
    ///
    /// Nothing has failed, so attempts are not counted. The waits grow, and the deadline stands.
    public mutating func postponed(now: Instant, using generator: inout some RandomNumberGenerator) -> Decision {
        beginSeries(now: now)
        return draw(now: now, using: &generator)
    }

    /// Ends the series of failures: the deadline and the count of attempts begin again with the next failure.
    ///
    /// The waits are short again if that failure comes after ``settlingTime``. Only the time since the last immediate
    /// retry is kept.
    public mutating func succeeded(now: Instant) {
        failures = 0
        failingSince = nil
        succeededAt = now
    }

    /// The range from which the next wait is drawn: from 0 to this time. At most 34 years, so that nothing overflows.
    var nextCeiling: Duration {
        let cap = min(max(cap, .zero), .seconds(1 << 30))
        var ceiling = min(max(base, .zero), cap)
        for _ in 0..<doublings where ceiling < cap { ceiling *= 2 }
        return min(ceiling, cap)
    }

    private mutating func beginSeries(now: Instant) {
        if let succeededAt, succeededAt.duration(to: now) >= settlingTime { doublings = 0 }
        succeededAt = nil
        failingSince = failingSince ?? now
    }

    private mutating func takeImmediate(now: Instant) -> Bool {
        guard let immediateInterval else { return false }
        if let immediateAt, immediateAt.duration(to: now) < immediateInterval { return false }
        immediateAt = now
        return true
    }

    private mutating func draw(now: Instant, using generator: inout some RandomNumberGenerator) -> Decision {
        let wait = max(shortestWait, .random(upTo: nextCeiling, using: &generator))
        if let deadline, let failingSince, failingSince.duration(to: now + wait) > deadline {
            return .giveUp(.deadline(deadline))
        }
        doublings += 1
        return .retry(after: wait)
    }
}
