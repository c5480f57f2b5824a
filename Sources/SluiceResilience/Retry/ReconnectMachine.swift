/// Decides when a client connects, connects again, replaces a connection that still works, and gives up.
///
/// Pure: the shell reports what has happened, carries out the directives, and calls ``advance(now:limits:using:)`` when
/// ``nextTimer`` has come. Every attempt has a number, from 1; the connection that it makes keeps it. Reports about
/// other numbers than those of the present state are late, and change nothing.
public struct ReconnectMachine: Sendable {
    /// A point of time. Nothing here reads a clock.
    public typealias Instant = ContinuousClock.Instant

    /// What the machine waits for.
    public enum State: Sendable, Hashable {
        /// Nothing was asked yet. Can transition to: `waiting` on ``start(now:)``, `over` on ``close()``.
        case idle
        /// No connection. Can transition to: `connecting` when the time has come and the host's limits admit it,
        /// `waiting` (longer) when they do not, `over` at the policy's deadline or on ``close()``.
        case waiting(until: Instant, after: FailureClass?)
        /// No connection, an attempt is under way. Can transition to: `connected`, `waiting` on its failure, `over` when
        /// the policy gives up, or on ``close()``.
        case connecting(Attempt)
        /// Can transition to: `replacing` when the connection has its planned age and the limits admit it, `waiting` or
        /// `over` when it is lost, `over` on ``close()``.
        case connected(Link)
        /// A connection, and an attempt to make the one that replaces it: make before break. Can transition to:
        /// `connected` when the attempt has ended (the new one, or the old one after a failure), `connecting` when the
        /// old one is lost first, `over` on ``close()``.
        case replacing(Link, by: Attempt)
        /// Nothing happens any more.
        case over
    }

    /// An attempt that is under way.
    public struct Attempt: Sendable, Hashable {
        /// Counts all attempts, from 1.
        public let number: Int
        let admission: HostLimits.Admission
    }

    /// A connection that works.
    public struct Link: Sendable, Hashable {
        /// The number of the attempt that made it.
        public let number: Int
        /// When a planned reconnect is due. Nil: never.
        public var replaceAt: Instant?
    }

    /// What is due.
    public enum AdvanceDirective: Sendable, Hashable {
        case none
        /// Begin this attempt. If there is a connection, it stays in use.
        case connect(attempt: Int)
        case giveUp(GiveUpReason)
    }

    /// What to do with a new connection.
    public enum ConnectedDirective: Sendable, Hashable {
        case use
        /// Use it, and end the older one when its work is done.
        case useInstead(of: Int)
        /// It is not wanted any more: close it.
        case discard
    }

    /// What follows a failed attempt, or the loss of a connection.
    public enum LossDirective: Sendable, Hashable {
        /// The next attempt begins after this time.
        case retry(after: Duration)
        /// Nothing more is tried.
        case giveUp(GiveUpReason)
        /// An attempt is already under way, and becomes the next connection.
        case awaitAttempt
        /// The older connection is still there.
        case keep
        /// The report concerns nothing that is in use.
        case ignore
    }

    /// How planned reconnects are spread around their age: 20 % to each side.
    public static let plannedSpread = 0.2
    /// After a failed planned reconnect the next one comes after this share of the planned age.
    static let plannedRetryShare = 4

    /// What the machine waits for.
    public private(set) var state = State.idle
    private var policy: RetryPolicy
    private let plannedReconnect: Duration?
    private var attempts = 0

    /// Makes a machine that has not started.
    ///
    /// - Parameter plannedReconnect: The age at which a connection is replaced, spread by ``plannedSpread``. Nil: never.
    public init(policy: RetryPolicy = .firewallReset, plannedReconnect: Duration? = nil) {
        self.policy = policy
        self.plannedReconnect = plannedReconnect
    }

    /// When ``advance(now:limits:using:)`` must be called. Nil: not before the next report.
    public var nextTimer: Instant? {
        switch state {
        case .waiting(let until, _): until
        case .connected(let link): link.replaceAt
        case .idle, .connecting, .replacing, .over: nil
        }
    }

    /// Begins: the first attempt is due at once.
    public mutating func start(now: Instant) {
        guard state == .idle else { return }
        state = .waiting(until: now, after: nil)
    }

    /// Does what is due.
    public mutating func advance(
        now: Instant, limits: inout HostLimits, using generator: inout some RandomNumberGenerator
    ) -> AdvanceDirective {
        switch state {
        case .waiting(let until, let failure) where now >= until:
            switch limits.admit(retryAfter: failure, now: now) {
            case .admitted(let admission):
                let attempt = nextAttempt(admission)
                state = .connecting(attempt)
                return .connect(attempt: attempt.number)
            case .refused(let earliest):
                // The wait comes on top, so that all who were refused do not return at the same moment.
                switch policy.postponed(now: max(now, earliest), using: &generator) {
                case .retry(let wait):
                    state = .waiting(until: max(now, earliest) + wait, after: failure)
                    return .none
                case .giveUp(let reason):
                    state = .over
                    return .giveUp(reason)
                }
            }
        case .connected(var link) where link.replaceAt.map({ now >= $0 }) == true:
            guard case .admitted(let admission) = limits.admit(retryAfter: nil, now: now) else {
                link.replaceAt = plannedRetry(now: now, using: &generator)
                state = .connected(link)
                return .none
            }
            let attempt = nextAttempt(admission)
            state = .replacing(link, by: attempt)
            return .connect(attempt: attempt.number)
        case .idle, .waiting, .connecting, .connected, .replacing, .over:
            return .none
        }
    }

    /// Reports that an attempt has made a connection that can be used. With TLS: after the handshake.
    public mutating func connected(
        attempt number: Int, now: Instant, limits: inout HostLimits, using generator: inout some RandomNumberGenerator
    ) -> ConnectedDirective {
        switch state {
        case .connecting(let attempt) where attempt.number == number:
            use(attempt, now: now, limits: &limits, using: &generator)
            return .use
        case .replacing(let old, let attempt) where attempt.number == number:
            use(attempt, now: now, limits: &limits, using: &generator)
            return .useInstead(of: old.number)
        case .idle, .waiting, .connecting, .connected, .replacing, .over:
            return .discard
        }
    }

    /// Reports that an attempt has failed.
    public mutating func failed(
        attempt number: Int, _ failure: FailureClass, now: Instant, limits: inout HostLimits,
        using generator: inout some RandomNumberGenerator
    ) -> LossDirective {
        switch state {
        case .connecting(let attempt) where attempt.number == number:
            limits.failed(attempt.admission, now: now)
            return retry(after: failure, now: now, using: &generator)
        case .replacing(var link, let attempt) where attempt.number == number:
            limits.failed(attempt.admission, now: now)
            link.replaceAt = plannedRetry(now: now, using: &generator)
            state = .connected(link)
            return .keep
        case .idle, .waiting, .connecting, .connected, .replacing, .over:
            return .ignore
        }
    }

    /// Reports that a connection is no longer there.
    public mutating func disconnected(
        attempt number: Int, _ failure: FailureClass, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> LossDirective {
        switch state {
        case .connected(let link) where link.number == number:
            return retry(after: failure, now: now, using: &generator)
        case .replacing(let link, let attempt) where link.number == number:
            state = .connecting(attempt)
            return .awaitAttempt
        case .idle, .waiting, .connecting, .connected, .replacing, .over:
            return .ignore
        }
    }

    /// Ends it. The shell closes the connection and the attempt that there are.
    public mutating func close() {
        state = .over
    }

    // MARK: - Steps

    private mutating func nextAttempt(_ admission: HostLimits.Admission) -> Attempt {
        attempts += 1
        return Attempt(number: attempts, admission: admission)
    }

    private mutating func use(
        _ attempt: Attempt, now: Instant, limits: inout HostLimits, using generator: inout some RandomNumberGenerator
    ) {
        limits.succeeded(attempt.admission, now: now)
        policy.succeeded(now: now)
        let age = plannedReconnect?.jittered(by: Self.plannedSpread, using: &generator)
        state = .connected(Link(number: attempt.number, replaceAt: age.map { now + $0 }))
    }

    private mutating func retry(
        after failure: FailureClass, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> LossDirective {
        switch policy.next(after: failure, now: now, using: &generator) {
        case .retry(let wait):
            state = .waiting(until: now + wait, after: failure)
            return .retry(after: wait)
        case .giveUp(let reason):
            state = .over
            return .giveUp(reason)
        }
    }

    private func plannedRetry(now: Instant, using generator: inout some RandomNumberGenerator) -> Instant? {
        plannedReconnect.map {
            now + ($0 / Self.plannedRetryShare).jittered(by: Self.plannedSpread, using: &generator)
        }
    }
}
