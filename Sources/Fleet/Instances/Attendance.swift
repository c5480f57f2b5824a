/// The times in which the controller did not run: it was stopped, or the whole machine was paused (live migration,
/// SIGSTOP).
///
/// Such a time says nothing about an instance, because the instance may have been paused too. So the time without a
/// heartbeat is counted only while the controller ran. A pause of the whole machine fails no instance, and an instance
/// that failed before the pause is detected after the usual running time.
struct Attendance: Hashable, Sendable {
    private struct Absence: Hashable, Sendable {
        var from: UInt64
        var until: UInt64
    }

    /// The latest absences, in order. Older ones no longer affect any heartbeat that is still checked.
    private var absences: [Absence] = []
    private static let kept = 16

    /// Records that the controller did not run between two moments. Calls are in order of time.
    mutating func wasAway(from: UInt64, until: UInt64) {
        guard until > from else { return }
        if absences.count == Attendance.kept { absences.removeFirst() }
        absences.append(Absence(from: from, until: until))
    }

    /// How long the controller ran since `moment`, in nanoseconds.
    func nanoseconds(since moment: UInt64, now: UInt64) -> UInt64 {
        guard now > moment else { return 0 }
        let away = absences.reduce(UInt64(0)) { sum, absence in
            let (from, until) = (max(absence.from, moment), min(absence.until, now))
            return until > from ? sum + until - from : sum
        }
        return now - moment - away
    }
}
