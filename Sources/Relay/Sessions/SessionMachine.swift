/// Decides when the firewall ends one connection: when it is idle, too old, or forgotten (RELAY-2).
///
/// Pure: the time is nanoseconds of a monotonic clock.
package struct SessionMachine: Sendable {
    package enum Ending: Hashable, Sendable {
        /// A RST to both ends.
        case reset
        /// Bytes of both ends are swallowed; neither gets a FIN or a RST.
        case silent
    }

    /// One reason to end it.
    package struct Rule: Hashable, Sendable {
        package enum Cause: Hashable, Sendable {
            /// No byte either way for this long.
            case idle(UInt64)
            /// This long after the rule was set.
            case age(UInt64)
        }

        package var cause: Cause
        package var ending: Ending
        /// When it was set.
        package var armedAt: UInt64
        /// The toxic or profile, for events.
        package var name: String

        package init(cause: Cause, ending: Ending, armedAt: UInt64, name: String) {
            self.cause = cause
            self.ending = ending
            self.armedAt = armedAt
            self.name = name
        }
    }

    /// What has become due.
    package struct Due: Hashable, Sendable {
        package var ending: Ending
        package var rule: Rule
    }

    package let openedAt: UInt64
    package private(set) var lastActivity: UInt64
    /// Can't be undone: bytes are lost.
    package private(set) var isSilent = false
    package var rules: [Rule] = []

    package init(now: UInt64) {
        openedAt = now
        lastActivity = now
    }

    /// A segment came in from either end.
    package mutating func activity(now: UInt64) { lastActivity = max(lastActivity, now) }

    /// How often to ask the kernel whether segments came in that the relay does not see, such as keep-alives; nil: no
    /// rule depends on it. A session that they keep ends late by at most this time.
    package var watchInterval: UInt64? {
        guard !isSilent else { return nil }
        let timeouts = rules.compactMap { rule -> UInt64? in
            if case .idle(let timeout) = rule.cause { timeout } else { nil }
        }
        return timeouts.min().map { max($0 / 64, 10_000_000) }
    }

    package mutating func becomeSilent() { isSilent = true }

    /// The first rule that is due; nil if none is. A silent connection can still be reset by a rule of another toxic.
    package func due(now: UInt64) -> Due? {
        rules.filter { now >= deadline($0) && !(isSilent && $0.ending == .silent) }
            .min { deadline($0) < deadline($1) }
            .flatMap { rule in
                // The firewall has forgotten a silent session: nobody resets it for being idle.
                if isSilent, case .idle = rule.cause { return nil }
                return Due(ending: rule.ending, rule: rule)
            }
    }

    /// When to ask again at the latest; nil: no rule applies.
    package var nextTimer: UInt64? {
        rules.filter { rule in
            guard isSilent else { return true }
            if case .idle = rule.cause { return false }
            return rule.ending != .silent
        }.map(deadline).min()
    }

    private func deadline(_ rule: Rule) -> UInt64 {
        switch rule.cause {
        case .idle(let timeout): lastActivity + timeout
        case .age(let time): max(rule.armedAt, openedAt) + time
        }
    }
}
