internal import Kernel

extension RunningGateway {
    /// The loop that comes later than this was stopped itself, or the whole machine was.
    private static let toleratedNanoseconds: UInt64 = 1_000_000_000

    /// Where the loop itself was away, whoever was given time gets as much more: they may have been stopped with it (RECOV-1). The
    /// fleet's machine sees to instances by itself.
    ///
    /// - Parameters:
    ///   - due: when the loop should have gone on, nanoseconds of CLOCK_MONOTONIC.
    ///   - now: when it did.
    func noticeAbsence(due: UInt64, now: UInt64) {
        guard now > due + Self.toleratedNanoseconds else { return }
        let away = now - due
        log.notice(
            "the controller was stopped, or the whole machine was: nobody is blamed for it",
            ["milliseconds": "\(away / 1_000_000)"])
        fleet.wasAway(nanoseconds: away)
        server.wasAway(nanoseconds: away)
    }

    /// When the loop has to turn at the latest, as far as anything but the watch of each second goes.
    func nextTurn(now: UInt64) -> UInt64 { min(fleet.nextTurn(now: now), nextReloadStep ?? .max) }

    /// The loop has done something in its turn.
    func did(_ work: TurnAccounting.Work) { turns.finished(work, now: MonotonicClock.nanoseconds()) }

    /// A turn of the loop is over: where it took long, the log says so, and what took it.
    func noticeTurn(now: UInt64) {
        guard let turn = turns.end(now: now) else { return }
        log.warning(
            "a turn of the controller's loop took long: instances were not looked after meanwhile",
            [
                "milliseconds": "\(turn.milliseconds)", "longest": turn.work,
                "longestMilliseconds": "\(turn.workMilliseconds)",
            ])
    }

    /// Says in `sluice status` that nobody takes the log.
    func watchLog() {
        report(
            "log",
            log.output.isStuck
                ? "nobody takes what is logged: the controller's standard error is full, and lines are dropped and counted"
                : nil)
    }
}
