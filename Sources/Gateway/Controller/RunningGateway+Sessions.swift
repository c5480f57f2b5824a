internal import FlowCore
internal import Kernel
internal import Policy

/// A ``SessionWork`` in the loop's queue.
struct SessionJob {
    var work: SessionWork
    /// Whether it judges all sessions by a policy. Work for a newer policy replaces it.
    let isJudging: Bool
    /// Called once, with the number of ended sessions. `isWhole`: all sessions to check have been checked.
    let finished: (_ ended: Int, _ isWhole: Bool) -> Void
}

extension RunningGateway {
    /// Time that one iteration of the loop spends on sessions.
    private static let pieceNanoseconds: UInt64 = 10_000_000

    /// Resets sessions by hand (RST-5). The request is answered when all is done.
    func resetByHand(_ sessions: [SessionReference], by requester: String, number: Int) {
        begin(SessionWork(ending: sessions, reason: .operatorReset), isJudging: false) { [weak self] ended, _ in
            guard let self else { return }
            recordEvent(.sessionsReset(asked: sessions.count, reset: ended, by: requester))
            log.notice("sessions reset by hand", ["asked": "\(sessions.count)", "reset": "\(ended)"])
            server.answer(
                number,
                ControlResponse(ok: true, message: "\(ended) of \(sessions.count) sessions reset", count: ended),
                now: MonotonicClock.nanoseconds())
        }
    }

    /// Ends the sessions that the policy in force denies (NSG-3). Call ``PolicyChange/graceNanoseconds`` after
    /// ``PolicyChange/apply()``, so that the previous image admits none meanwhile.
    func endDenied(finished: @escaping (_ ended: Int, _ isWhole: Bool) -> Void) {
        // The newest policy judges all sessions, so the work for an older one ends here.
        let older = jobs.filter(\.isJudging)
        jobs.removeAll(where: \.isJudging)
        for job in older { job.finished(job.work.ended, false) }
        begin(SessionWork(judgingBy: policy.image.classify), isJudging: true) { [weak self] ended, isWhole in
            if ended > 0 { self?.recordEvent(.policyEndedSessions(count: ended)) }
            finished(ended, isWhole)
        }
    }

    private func begin(_ work: SessionWork, isJudging: Bool, finished: @escaping (Int, Bool) -> Void) {
        jobs.append(SessionJob(work: work, isJudging: isJudging, finished: finished))
    }

    /// Continues the work in the queue, for at most ``pieceNanoseconds``.
    func workOnSessions() {
        let resetting = SessionResetting(
            table: datapath.table.seen(by: Datapath.firstInstance), journal: journal, outlet: outlet)
        let end = MonotonicClock.nanoseconds() + Self.pieceNanoseconds
        while !jobs.isEmpty {
            let now = MonotonicClock.nanoseconds()
            if now >= end { return }
            jobs[0].work.advance(resetting, now: Tick.of(nanoseconds: now))
            guard jobs[0].work.isDone else { continue }
            let job = jobs.removeFirst()
            job.finished(job.work.ended, true)
        }
    }
}
