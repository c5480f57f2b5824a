/// Decides when an instance that leaves the fleet refuses, resets and ends its sessions (DRAIN-1 to DRAIN-4).
///
/// Azure, 2026: from 0 to 45 s the instance refuses new sessions. From 45 to 90 s it resets all its sessions, and
/// repeats this after a third and two thirds of that half (60 s and 75 s). Then the instance is recycled. Without a
/// reset half it refuses for 90 s and then drops its sessions. The drain ends early when no session is left.
package struct DrainMachine: Hashable, Sendable, Codable {
    package enum Phase: Hashable, Sendable, Codable {
        /// New sessions go elsewhere, no RST is sent. Can transition to: `resetting` at the deadline, `over` (no reset
        /// half, or no session left). A drain can be cancelled only in this state.
        case refusing
        /// Can transition to: `over` at the deadline, or when neither sessions nor tombstones are left.
        case resetting(since: UInt64, repeats: Int)
        /// The instance can be recycled.
        case over
    }

    /// An action that is due.
    package enum Step: Hashable, Sendable {
        /// Reset all sessions, finished `within` nanoseconds: well inside the window.
        case resetAll(within: UInt64)
        /// Repeat the resets for tombstones that have received a segment since.
        case repeatResets
        case recycle
    }

    package let times: DrainTimes
    private(set) var began: UInt64
    package private(set) var phase = Phase.refusing
    private(set) var live: Int?
    private(set) var tombstones: Int?
    /// Whether the steering of new sessions away from the instance was carried out, and not only requested.
    private var isBeginningCarriedOut = false
    /// Whether the request to reset was carried out, and not only made.
    private var isOrderCarriedOut = false

    package init(times: DrainTimes, now: UInt64) {
        self.times = times
        began = now
    }

    /// Restores a drain whose start is unknown: a starting controller found the instance in its reset half. The whole
    /// half is given again.
    init(resettingWith times: DrainTimes, now: UInt64) {
        self.times = times
        began = now - min(now, times.refuse)
        phase = .resetting(since: now, repeats: 0)
    }

    /// Reports the remaining sessions and tombstones. Reports of the first moments are ignored: a new session may still
    /// arrive under the old steering, so an empty instance is not yet finished.
    package mutating func sessionsLeft(live: Int, tombstones: Int, now: UInt64) {
        guard now >= began + times.refuse / DrainMachine.settlingShare else { return }
        self.live = live
        self.tombstones = tombstones
    }

    /// Returns the next step that is due. Call it until it returns nil.
    package mutating func advance(now: UInt64) -> Step? {
        switch phase {
        case .refusing:
            if isEmpty { return recycle() }
            let planned = began + times.refuse
            guard now >= planned else { return nil }
            guard times.reset > 0 else { return recycle() }
            // A small delay keeps the planned deadline. After a longer absence, the ends get the whole half to notice.
            let since = now >= planned + lateness ? now : planned
            phase = .resetting(since: since, repeats: 0)
            return .resetAll(within: since + pacing - now)
        case .resetting(let since, let repeats):
            if isEmpty || now >= since + times.reset { return recycle() }
            let due = (1...DrainMachine.repeats).last { now >= since + part($0) } ?? 0
            guard due > repeats else { return nil }
            phase = .resetting(since: since, repeats: due)
            return .repeatResets
        case .over:
            return nil
        }
    }

    /// When the next step is due.
    package var nextTimer: UInt64? {
        switch phase {
        case .refusing: began + times.refuse
        case .resetting(let since, let repeats):
            repeats < DrainMachine.repeats ? since + part(repeats + 1) : since + times.reset
        case .over: nil
        }
    }

    /// Called with every new event: the directives of earlier events have been carried out then.
    mutating func nextEvent() {
        isBeginningCarriedOut = true
        if case .resetting = phase { isOrderCarriedOut = true }
    }

    /// The step that a starting controller requests again. Repeating it does no harm. If it is not known to be carried
    /// out, the half may start again.
    mutating func unfinishedStep(now: UInt64) -> Step? {
        if case .refusing = phase, !isBeginningCarriedOut { began = now }
        guard case .resetting(let since, _) = phase else { return nil }
        if !isOrderCarriedOut, now >= since + lateness {
            phase = .resetting(since: now, repeats: 0)
            return .resetAll(within: pacing)
        }
        return .resetAll(within: max(since + pacing, now + pacing / 10) - now)
    }

    var view: DrainView {
        let (resetsAt, deadline): (UInt64?, UInt64) =
            switch phase {
            case .refusing: (times.reset > 0 ? began + times.refuse : nil, began + times.refuse + times.reset)
            case .resetting(let since, _): (nil, since + times.reset)
            case .over: (nil, began)
            }
        return DrainView(
            since: began, resetsAt: resetsAt, deadline: deadline, liveSessions: live, tombstones: tombstones)
    }

    /// How often resets are repeated.
    static let repeats = 2
    /// Reports count after this share of the refusing half: 1 s of 45 s.
    static let settlingShare: UInt64 = 45

    private var pacing: UInt64 { times.pacing }
    /// With at least this delay (5 s of 45 s), the half starts again.
    private var lateness: UInt64 { times.reset / 9 }

    private var isEmpty: Bool { live == 0 && tombstones == 0 }

    private func part(_ number: Int) -> UInt64 { times.part(number) }

    private mutating func recycle() -> Step {
        phase = .over
        return .recycle
    }
}

extension DrainTimes {
    /// How long the first resets take, in nanoseconds: two ninths of the half (10 s of 45 s), which leaves more than 30 s.
    /// So an end with a keep-alive every 30 s sends once more, even if its first RST was lost (DRAIN-5).
    package var pacing: UInt64 { reset * 2 / 9 }

    /// When resets are repeated, in nanoseconds since the drain began.
    package var repeats: [UInt64] { reset == 0 ? [] : (1...DrainMachine.repeats).map { refuse + part($0) } }

    fileprivate func part(_ number: Int) -> UInt64 { reset * UInt64(number) / UInt64(DrainMachine.repeats + 1) }
}
