/// Limits how many retries all connections to one host make together.
///
/// Retries help while a few attempts fail. When a host is down they only add load, and each client's backoff can't
/// know how many others there are. A budget starts full. A retry takes tokens, and an empty budget refuses retries.
/// A success gives back what its own retry took; a success without a retry gives one token.
///
/// The numbers are those of the AWS SDKs' standard mode: 500 tokens, 5 a retry, 10 a retry after a timeout, 1 a success.
///
/// One thing is ours. An empty budget still grants one retry in each ``leastInterval``. Without it, connections that all
/// wait for a token would never make the success that brings one.
public struct RetryBudget: Sendable, Hashable {
    /// A point of time. Nothing here reads a clock.
    public typealias Instant = ContinuousClock.Instant

    /// Whether a retry may be made.
    public enum Grant: Sendable, Hashable {
        /// Make it, and hand `cost` to ``succeeded(cost:)`` if it succeeds. In tokens; 0 where the budget was empty.
        case granted(cost: Int)
        /// Do not make it. The next one is granted at the latest at this time. Nil: at the next success.
        case exhausted(until: Instant?)
    }

    /// Tokens of a full budget.
    public var capacity: Int
    /// Tokens that a retry takes.
    public var retryCost: Int
    /// Tokens that a retry after a timeout takes: it has cost the host more.
    public var timeoutCost: Int
    /// Tokens that a success without a retry gives.
    public var successGain: Int
    /// An empty budget grants one retry in each such interval. Nil: none.
    public var leastInterval: Duration?

    /// Tokens that are left.
    public private(set) var tokens: Int
    private var grantedAt: Instant?

    /// Makes a full budget.
    public init(
        capacity: Int = 500, retryCost: Int = 5, timeoutCost: Int = 10, successGain: Int = 1,
        leastInterval: Duration? = .seconds(10)
    ) {
        self.capacity = capacity
        self.retryCost = retryCost
        self.timeoutCost = timeoutCost
        self.successGain = successGain
        self.leastInterval = leastInterval
        tokens = capacity
    }

    /// Whether a retry would be granted.
    public func permits(after failure: FailureClass, now: Instant) -> Grant {
        let cost = failure == .timedOut ? timeoutCost : retryCost
        if tokens >= cost { return .granted(cost: cost) }
        guard let leastInterval else { return .exhausted(until: nil) }
        guard let grantedAt, grantedAt.duration(to: now) < leastInterval else { return .granted(cost: 0) }
        return .exhausted(until: grantedAt + leastInterval)
    }

    /// Takes the tokens for a retry, if there are enough.
    public mutating func take(after failure: FailureClass, now: Instant) -> Grant {
        let grant = permits(after: failure, now: now)
        if case .granted(let cost) = grant {
            tokens -= cost
            grantedAt = now
        }
        return grant
    }

    /// Gives tokens back: those of the retry that has succeeded, or ``successGain``.
    ///
    /// - Parameter cost: What ``take(after:now:)`` granted; 0 if it was no retry.
    public mutating func succeeded(cost: Int = 0) {
        tokens = min(capacity, tokens + max(cost, successGain))
    }
}
