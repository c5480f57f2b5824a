/// When the controller itself was not there to see anything: it was stopped, or the whole machine was (live migration, SIGSTOP).
///
/// Such time says nothing about an instance, which may have been stopped with it. So silence is counted only while the controller
/// was there: a pause of the whole machine costs nobody, and an instance that was silent before is found as soon as it would have been.
struct Attendance: Hashable, Sendable {
    private struct Absence: Hashable, Sendable {
        var from: UInt64
        var until: UInt64
    }

    /// The latest ones, in order; older ones than these matter to no heartbeat that is still judged.
    private var absences: [Absence] = []
    private static let kept = 16

    /// Nobody was there between two moments. They come in order.
    mutating func wasAway(from: UInt64, until: UInt64) {
        guard until > from else { return }
        if absences.count == Attendance.kept { absences.removeFirst() }
        absences.append(Absence(from: from, until: until))
    }

    /// How much of the time since `moment` somebody was there, in nanoseconds.
    func nanoseconds(since moment: UInt64, now: UInt64) -> UInt64 {
        guard now > moment else { return 0 }
        let away = absences.reduce(UInt64(0)) { sum, absence in
            let (from, until) = (max(absence.from, moment), min(absence.until, now))
            return until > from ? sum + until - from : sum
        }
        return now - moment - away
    }
}
