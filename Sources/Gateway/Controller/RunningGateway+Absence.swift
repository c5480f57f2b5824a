internal import Kernel

extension RunningGateway {
    /// If the loop is later than this, the controller or the whole machine was stopped.
    private static let toleratedNanoseconds: UInt64 = 1_000_000_000

    /// If the loop itself was stopped, every deadline of others is extended by the same time: they may have been stopped with it
    /// (RECOV-1). The fleet's state machine handles instances by itself.
    ///
    /// - Parameters:
    ///   - due: when the loop should have continued, nanoseconds of CLOCK_MONOTONIC.
    ///   - now: when it did continue.
    func noticeAbsence(due: UInt64, now: UInt64) {
        guard now > due + Self.toleratedNanoseconds else { return }
        let away = now - due
        log.notice(
            "the controller or the whole machine was stopped: all deadlines are extended by that time",
            ["milliseconds": "\(away / 1_000_000)"])
        fleet.wasAway(nanoseconds: away)
        server.wasAway(nanoseconds: away)
    }

    /// The latest time of the next iteration, apart from the checks of each second.
    func nextIteration(now: UInt64) -> UInt64 { min(fleet.nextIteration(now: now), nextReloadStep ?? .max) }

    /// Records that the loop has finished one kind of work of this iteration.
    func did(_ work: IterationAccounting.Work) { iterations.finished(work, now: MonotonicClock.nanoseconds()) }

    /// Ends an iteration of the loop. If it took long, the log says so, with the work that took longest.
    func noticeIteration(now: UInt64) {
        guard let iteration = iterations.end(now: now) else { return }
        log.warning(
            "an iteration of the controller's loop took long: instances were not supervised meanwhile",
            [
                "milliseconds": "\(iteration.milliseconds)", "longest": iteration.work,
                "longestMilliseconds": "\(iteration.workMilliseconds)",
            ])
    }

    /// Reports a problem in `sluice status` if nothing reads the log.
    func watchLog() {
        report(
            "log",
            log.output.isStuck
                ? "nothing reads the log: the controller's standard error is full, and lines are dropped and counted"
                : nil)
    }
}
