/// Stops calls to a host that mostly fail, and lets one probe through from time to time.
///
/// It opens when, of at least ``leastCalls`` calls within ``window``, ``failureRatio`` or more have failed. While it is
/// open, calls are refused without being made. After ``openTime`` one call passes, the probe. Its success closes the
/// breaker, its failure opens it again.
public struct CircuitBreaker: Sendable, Hashable {
    /// A point of time. Nothing here reads a clock.
    public typealias Instant = ContinuousClock.Instant

    /// The state of the breaker.
    public enum State: Sendable, Hashable {
        /// Calls pass. Can transition to: `open` when a failure is recorded and too many of the window have failed.
        case closed
        /// Calls are refused. Can transition to: `halfOpen` on the first ``allow(now:)`` from `until` on.
        case open(until: Instant)
        /// One call, the probe, is under way; others are refused. Can transition to: `closed` on the probe's success,
        /// `open` on its failure. A probe without a result is given up after ``window``, and another one may pass.
        case halfOpen(since: Instant)
    }

    /// Whether a call may be made.
    public enum Answer: Sendable, Hashable {
        /// Make it, and hand the permit and the result to ``record(_:of:now:)``.
        case allowed(Permit)
        /// Do not make it. Earlier than at this time no other call is allowed.
        case refused(until: Instant)
    }

    /// Belongs to one allowed call. Results of calls from before the last change of the state are ignored.
    public struct Permit: Sendable, Hashable {
        fileprivate let generation: Int
        /// Whether the call decides if the breaker closes.
        public let isProbe: Bool
    }

    /// How a call ended.
    public enum Outcome: Sendable, Hashable { case success, failure }

    /// What a result has changed.
    public enum Change: Sendable, Hashable {
        case none
        /// The breaker refuses calls from now on, until this time.
        case opened(until: Instant)
        /// The breaker lets calls pass again.
        case closed
    }

    /// The share of failed calls at which it opens, from 0 to 1.
    public var failureRatio: Double
    /// It does not open for fewer calls within the window.
    public var leastCalls: Int
    /// How far back calls count. In steps of a tenth, so the oldest calls leave the window up to a tenth too early.
    public var window: Duration
    /// How long it refuses calls before it lets a probe pass.
    public var openTime: Duration

    /// The state, as of the last method that was called.
    public private(set) var state = State.closed
    private var generation = 0
    private var origin: Instant?
    private var buckets: [Bucket] = []

    /// The calls of a tenth of the window.
    private struct Bucket: Hashable {
        let number: Int
        var calls = 0
        var failures = 0
    }

    private static let bucketCount = 10

    /// Makes a closed breaker.
    public init(
        failureRatio: Double = 0.5, leastCalls: Int = 10, window: Duration = .seconds(30),
        openTime: Duration = .seconds(5)
    ) {
        self.failureRatio = failureRatio
        self.leastCalls = leastCalls
        self.window = window
        self.openTime = openTime
    }

    /// Asks whether a call may be made now.
    public mutating func allow(now: Instant) -> Answer {
        switch state {
        case .closed:
            return .allowed(Permit(generation: generation, isProbe: false))
        case .open(let until):
            guard now >= until else { return .refused(until: until) }
        case .halfOpen(let since):
            guard since.duration(to: now) >= window else { return .refused(until: max(now, since + openTime)) }
        }
        generation += 1
        state = .halfOpen(since: now)
        return .allowed(Permit(generation: generation, isProbe: true))
    }

    /// Records how an allowed call ended.
    public mutating func record(_ outcome: Outcome, of permit: Permit, now: Instant) -> Change {
        guard permit.generation == generation else { return .none }
        switch (state, outcome) {
        case (.closed, _):
            count(outcome, now: now)
            return outcome == .failure && isFailing ? open(now: now) : .none
        case (.halfOpen, .failure):
            return open(now: now)
        case (.halfOpen, .success):
            generation += 1
            state = .closed
            return .closed
        case (.open, _):
            return .none
        }
    }

    private mutating func open(now: Instant) -> Change {
        generation += 1
        buckets = []
        state = .open(until: now + openTime)
        return .opened(until: now + openTime)
    }

    private mutating func count(_ outcome: Outcome, now: Instant) {
        let origin = origin ?? now
        self.origin = origin
        let number = Int(origin.duration(to: now) / (window / Self.bucketCount))
        buckets.removeAll { $0.number <= number - Self.bucketCount }
        if buckets.last?.number != number { buckets.append(Bucket(number: number)) }
        buckets[buckets.count - 1].calls += 1
        if outcome == .failure { buckets[buckets.count - 1].failures += 1 }
    }

    private var isFailing: Bool {
        let calls = buckets.reduce(0) { $0 + $1.calls }
        let failures = buckets.reduce(0) { $0 + $1.failures }
        return calls >= leastCalls && Double(failures) >= failureRatio * Double(calls)
    }
}
