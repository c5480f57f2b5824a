/// What all connections to one host share: a ``RetryBudget`` and a ``CircuitBreaker``.
public struct HostLimits: Sendable, Hashable {
    /// A point of time. Nothing here reads a clock.
    public typealias Instant = ContinuousClock.Instant

    /// An attempt that was admitted. Hand it back with its result.
    public struct Admission: Sendable, Hashable {
        let permit: CircuitBreaker.Permit
        /// Tokens of the budget that it took.
        let cost: Int
    }

    /// Whether an attempt may be made.
    public enum Answer: Sendable, Hashable {
        /// Make it, and report its result with ``succeeded(_:now:)`` or ``failed(_:now:)``.
        case admitted(Admission)
        /// Do not make it before this time. Then wait a little more, or all who were refused come at once.
        case refused(until: Instant)
    }

    /// The budget for retries.
    public var budget: RetryBudget
    /// The circuit breaker for attempts.
    public var breaker: CircuitBreaker

    /// Makes the limits of one host.
    public init(budget: RetryBudget = RetryBudget(), breaker: CircuitBreaker = CircuitBreaker()) {
        self.budget = budget
        self.breaker = breaker
    }

    /// Asks whether an attempt may be made now.
    ///
    /// - Parameter failure: What the attempt is a retry of. Nil: it is not a retry, and costs nothing.
    public mutating func admit(retryAfter failure: FailureClass?, now: Instant) -> Answer {
        // The budget is asked first, and pays last: a probe of the breaker must not be lost.
        if let failure, case .exhausted(let until) = budget.permits(after: failure, now: now) {
            return .refused(until: until ?? now)
        }
        switch breaker.allow(now: now) {
        case .refused(let until):
            return .refused(until: until)
        case .allowed(let permit):
            guard let failure, case .granted(let cost) = budget.take(after: failure, now: now) else {
                return .admitted(Admission(permit: permit, cost: 0))
            }
            return .admitted(Admission(permit: permit, cost: cost))
        }
    }

    /// Reports that an attempt has succeeded.
    public mutating func succeeded(_ admission: Admission, now: Instant) {
        budget.succeeded(cost: admission.cost)
        _ = breaker.record(.success, of: admission.permit, now: now)
    }

    /// Reports that an attempt has failed.
    public mutating func failed(_ admission: Admission, now: Instant) {
        _ = breaker.record(.failure, of: admission.permit, now: now)
    }
}
