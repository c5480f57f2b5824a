/// What an end does when time passes.
extension StreamEnd {
    /// When it is too late for a reset to follow its data: the other application takes nothing, so that the window stays
    /// closed. The other end, which has the reset before it is late, waits for half as long.
    private var lingerEnds: ContinuousClock.Instant? {
        guard let lingersSince, closing == nil, !isComplete else { return nil }
        return lingersSince + limits.resetLinger * 2
    }

    /// When ``timer(now:)`` must be called at the latest.
    public var deadline: ContinuousClock.Instant? {
        guard isAttached else { return nil }
        if sentClose != nil { return lastSent + limits.answerWithin }
        var earliest = min(lastReceived + limits.silence, lastSent + limits.keepAliveInterval)
        if let acknowledgeAt { earliest = min(earliest, acknowledgeAt) }
        if let lingerEnds { earliest = min(earliest, lingerEnds) }
        if let unansweredSince {
            earliest = min(earliest, unansweredSince + (hasPinged ? limits.answerWithin : limits.answerWithin / 3))
        }
        return earliest
    }

    /// A deadline may have passed.
    public mutating func timer(now: ContinuousClock.Instant) -> TimerDirective {
        guard isAttached else { return .none }
        if sentClose != nil { return now >= lastSent + limits.answerWithin ? .lost : .none }
        if now >= lastReceived + limits.silence { return .lost }
        if let lingerEnds, now >= lingerEnds { closing = .resetLinger }
        if let unansweredSince {
            if hasPinged, now >= unansweredSince + limits.answerWithin { return .lost }
            if !hasPinged, now >= unansweredSince + limits.answerWithin / 3 {
                hasPinged = true
                owesPing = true
                return .output
            }
        }
        if closing != nil { return .output }
        if now >= lastSent + limits.keepAliveInterval {
            // As a ping: an end that only receives notices the loss of its connection without a RST, too.
            hasPinged = true
            owesPing = true
            return .output
        }
        if let acknowledgeAt, now >= acknowledgeAt { return .output }
        return .none
    }
}
