/// Whether an instance shows that it lives: its heartbeat, and its answers to questions (RECOV-1).
///
/// A heartbeat is judged by its own time. Of answers only the order is known, so the oldest question without an answer counts, and one
/// interval less is allowed, which may pass before it is asked, and a quarter of one, which may pass before somebody looks: then an
/// instance is found at most `unresponsiveAfter` after it failed. Time in which the controller itself was not there (``Attendance``)
/// is nobody's silence.
struct Liveness: Hashable, Sendable {
    private var heartbeat: UInt64
    private var open: [Question] = []

    private struct Question: Hashable, Sendable {
        var number: UInt32
        var askedAt: UInt64
    }

    /// Watches from `now` on.
    init(now: UInt64) { heartbeat = now }

    mutating func asked(number: UInt32, now: UInt64) { open.append(Question(number: number, askedAt: now)) }

    mutating func seen(heartbeat: UInt64, answered: UInt32) {
        self.heartbeat = max(self.heartbeat, heartbeat)
        // Numbers wrap around.
        open.removeAll { Int32(bitPattern: answered &- $0.number) >= 0 }
    }

    /// Why it counts as unresponsive; nil where it lives.
    func complaint(now: UInt64, times: RecoveryTimes, attendance: Attendance) -> String? {
        let silence = attendance.nanoseconds(since: heartbeat, now: now)
        if silence >= times.unresponsiveAfter { return "no heartbeat for \(secondsText(silence))" }
        guard let oldest = open.first else { return nil }
        let wait = attendance.nanoseconds(since: oldest.askedAt, now: now)
        return wait >= Liveness.patience(times) ? "no answer for \(secondsText(wait))" : nil
    }

    /// How long a question may be open.
    static func patience(_ times: RecoveryTimes) -> UInt64 {
        let late = min(times.questionInterval + times.questionInterval / 4, times.unresponsiveAfter / 2)
        return max(times.unresponsiveAfter - late, 1)
    }
}

/// Seconds for a person: whole ones, or with a tenth.
func secondsText(_ nanoseconds: UInt64) -> String {
    let tenths = nanoseconds / (UInt64.second / 10)
    return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
}
