internal import FlowCore
internal import Kernel
internal import Policy

/// A ``SessionWork`` that the loop has in hand.
struct SessionJob {
    var work: SessionWork
    /// Whether it judges all sessions by a policy: a newer policy's takes its place.
    let isJudging: Bool
    /// Called once, with how many sessions were ended; `isWhole`: all that were to be looked at have been.
    let finished: (_ ended: Int, _ isWhole: Bool) -> Void
}

extension RunningGateway {
    /// How long one turn of the loop works on sessions.
    private static let turnNanoseconds: UInt64 = 10_000_000

    /// RST-5. Answers who asked when all is done.
    func resetByHand(_ sessions: [SessionReference], by requester: String, number: Int) {
        begin(SessionWork(ending: sessions, reason: .operatorReset), isJudging: false) { [weak self] ended, _ in
            guard let self else { return }
            tell(.sessionsReset(asked: sessions.count, reset: ended, by: requester))
            log.notice("sessions reset by hand", ["asked": "\(sessions.count)", "reset": "\(ended)"])
            server.answer(
                number,
                ControlResponse(ok: true, message: "\(ended) of \(sessions.count) sessions reset", count: ended),
                now: MonotonicClock.nanoseconds())
        }
    }

    /// Ends the sessions that the policy in force denies (NSG-3). Call ``PolicyChange/graceNanoseconds`` after
    /// ``PolicyChange/apply()``, so that none slips in by the image before.
    func endDenied(finished: @escaping (_ ended: Int, _ isWhole: Bool) -> Void) {
        // All sessions are judged by the newest policy; what an older one has not come to is left to it.
        let older = jobs.filter(\.isJudging)
        jobs.removeAll(where: \.isJudging)
        for job in older { job.finished(job.work.ended, false) }
        begin(SessionWork(judgingBy: policy.image.classify), isJudging: true) { [weak self] ended, isWhole in
            if ended > 0 { self?.tell(.policyEndedSessions(count: ended)) }
            finished(ended, isWhole)
        }
    }

    private func begin(_ work: SessionWork, isJudging: Bool, finished: @escaping (Int, Bool) -> Void) {
        jobs.append(SessionJob(work: work, isJudging: isJudging, finished: finished))
    }

    /// Goes on with what is in hand, for a moment.
    func workOnSessions() {
        let resetting = SessionResetting(
            table: datapath.table.seen(by: Datapath.firstInstance), journal: journal, outlet: outlet)
        let end = MonotonicClock.nanoseconds() + Self.turnNanoseconds
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
