/// Checks that an instance is alive, by its heartbeat and by its answers to questions (RECOV-1).
///
/// A heartbeat carries its own time. Of answers only the order is known, so the oldest unanswered question counts. Its
/// limit is shorter by one interval, which may pass before the question is asked, and by a quarter of one, which may
/// pass before the check. So a failed instance is detected at most `unresponsiveAfter` after it failed. Time in which
/// the controller did not run (``Attendance``) does not count.
struct Liveness: Hashable, Sendable {
    private var heartbeat: UInt64
    private var open: [Question] = []

    private struct Question: Hashable, Sendable {
        var number: UInt32
        var askedAt: UInt64
    }

    /// Starts to watch at `now`.
    init(now: UInt64) { heartbeat = now }

    mutating func asked(number: UInt32, now: UInt64) { open.append(Question(number: number, askedAt: now)) }

    mutating func seen(heartbeat: UInt64, answered: UInt32) {
        self.heartbeat = max(self.heartbeat, heartbeat)
        // Numbers wrap around.
        open.removeAll { Int32(bitPattern: answered &- $0.number) >= 0 }
    }

    /// Why the instance counts as unresponsive; nil if it is alive.
    func complaint(now: UInt64, times: RecoveryTimes, attendance: Attendance) -> String? {
        let silence = attendance.nanoseconds(since: heartbeat, now: now)
        if silence >= times.unresponsiveAfter { return "no heartbeat for \(secondsText(silence))" }
        guard let oldest = open.first else { return nil }
        let wait = attendance.nanoseconds(since: oldest.askedAt, now: now)
        return wait >= Liveness.patience(times) ? "no answer for \(secondsText(wait))" : nil
    }

    /// How long a question may stay unanswered.
    static func patience(_ times: RecoveryTimes) -> UInt64 {
        let late = min(times.questionInterval + times.questionInterval / 4, times.unresponsiveAfter / 2)
        return max(times.unresponsiveAfter - late, 1)
    }
}

/// Seconds for people: whole ones, or with one decimal.
func secondsText(_ nanoseconds: UInt64) -> String {
    let tenths = nanoseconds / (UInt64.second / 10)
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
}
