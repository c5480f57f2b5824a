/// Decides when an instance that leaves the fleet refuses, resets and ends its sessions (DRAIN-1 to DRAIN-4).
///
/// Azure, 2026: seconds 0 to 45 refuse new sessions, 45 to 90 reset all, repeated at a third and two thirds of that half (60 s and
/// 75 s); then the instance is recycled. Without a reset half: 90 s, then dropped. It is over early when nothing is left.
struct DrainMachine: Hashable, Sendable, Codable {
    enum Phase: Hashable, Sendable, Codable {
        /// New sessions go elsewhere, nothing is sent. Can transition to: `resetting` in time, `over` (no reset half, or no session
        /// left). Only here it can be cancelled.
        case refusing
        /// Can transition to: `over` in time, or when neither sessions nor tombstones are left.
        case resetting(since: UInt64, repeats: Int)
        /// The instance is to be recycled.
        case over
    }

    /// What is due.
    enum Step: Hashable, Sendable {
        /// Reset all, done `within` nanoseconds: well inside the window.
        case resetAll(within: UInt64)
        /// Reset again what has met a segment since.
        case repeatResets
        case recycle
    }

    let times: DrainTimes
    private(set) var began: UInt64
    private(set) var phase = Phase.refusing
    private(set) var live: Int?
    private(set) var tombstones: Int?
    /// Whether new sessions are known to be steered away, and not only meant to be.
    private var isBeginningCarriedOut = false
    /// Whether the order to reset is known to be carried out, and not only given.
    private var isOrderCarriedOut = false

    init(times: DrainTimes, now: UInt64) {
        self.times = times
        began = now
    }

    /// A drain whose beginning nobody remembers, found in its reset half by a controller that starts: the whole half is given again.
    init(resettingWith times: DrainTimes, now: UInt64) {
        self.times = times
        began = now - min(now, times.refuse)
        phase = .resetting(since: now, repeats: 0)
    }

    /// Sessions and tombstones that are left. What is told in the first moments doesn't count as an end: a new session may
    /// still be on its way by the old steering.
    mutating func sessionsLeft(live: Int, tombstones: Int, now: UInt64) {
        guard now >= began + times.refuse / DrainMachine.settlingShare else { return }
        self.live = live
        self.tombstones = tombstones
    }

    /// The next step that is due, if any; to be asked until there is none.
    mutating func advance(now: UInt64) -> Step? {
        switch phase {
        case .refusing:
            if isEmpty { return recycle() }
            let planned = began + times.refuse
            guard now >= planned else { return nil }
            guard times.reset > 0 else { return recycle() }
            // Who comes a little late keeps the deadline. Who was away for longer gives the ends the whole half to notice.
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

    /// When something is due next.
    var nextTimer: UInt64? {
        switch phase {
        case .refusing: began + times.refuse
        case .resetting(let since, let repeats):
            repeats < DrainMachine.repeats ? since + part(repeats + 1) : since + times.reset
        case .over: nil
        }
    }

    /// The shell hands in something new, so what it was told before is done.
    mutating func nextEvent() {
        isBeginningCarriedOut = true
        if case .resetting = phase { isOrderCarriedOut = true }
    }

    /// What a controller that starts asks for again; harmless where it was done. Where that isn't known, the half may begin anew.
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
    /// Reports count after this share of the refusing half: 1 s of 45.
    static let settlingShare: UInt64 = 45

    private var pacing: UInt64 { times.pacing }
    /// Whoever begins this much too late (5 s of 45), begins anew.
    private var lateness: UInt64 { times.reset / 9 }

    private var isEmpty: Bool { live == 0 && tombstones == 0 }

    private func part(_ number: Int) -> UInt64 { times.part(number) }

    private mutating func recycle() -> Step {
        phase = .over
        return .recycle
    }
}

extension DrainTimes {
    /// How long the first resets take, in nanoseconds: two ninths of the half (10 s of 45), so that more than 30 s are left. An end that
    /// keeps alive every 30 s speaks once more, whatever became of its first reset (DRAIN-5).
    package var pacing: UInt64 { reset * 2 / 9 }

    /// When resets are repeated, in nanoseconds since the drain began.
    package var repeats: [UInt64] { reset == 0 ? [] : (1...DrainMachine.repeats).map { refuse + part($0) } }

    fileprivate func part(_ number: Int) -> UInt64 { reset * UInt64(number) / UInt64(DrainMachine.repeats + 1) }
}
