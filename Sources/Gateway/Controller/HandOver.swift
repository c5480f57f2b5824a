internal import Kernel
internal import Store

extension RunningGateway {
    /// How long what the loop has in hand may take to be finished.
    private static let jobPatienceNanoseconds: UInt64 = 1_000_000_000

    /// Leaves the gateway to the next controller (PKG-3): the kernel forwards and admits, the instances go on, and everything that a
    /// take-over needs stays where it is. Whoever waits for an answer gets one.
    func handOver() {
        let now = MonotonicClock.nanoseconds()
        let successor = "the controller is being replaced"
        abandonReload(because: "\(successor): run 'sluice reload' again")
        awaitGuard()
        while !jobs.isEmpty, MonotonicClock.nanoseconds() < now + Self.jobPatienceNanoseconds { workOnSessions() }
        // What is left of a policy's judgement the next controller takes up; of sessions named by hand, who asked is told how many were.
        for job in jobs { job.finished(job.work.ended, false) }
        jobs = []
        sendAnswers(now: MonotonicClock.nanoseconds())
        for (command, number) in waiting {
            log.notice("not answered before the hand-over", ["command": "\(command)"])
            server.answer(
                number,
                ControlResponse(
                    ok: false,
                    message: "\(successor); the next one goes on with what was asked for: 'sluice status' shows it"),
                now: MonotonicClock.nanoseconds())
        }
        server.remove()
        api.stop()
        saveRecord()
        tell(.handedOver(reason: stopCause))
        history.tend(now: WallTimeSource.nanoseconds())
        if let problem = history.problem { log.error("\(history.waiting) events are lost", ["cause": problem]) }
        log.notice("handed over: the kernel and the instances go on; the next 'sluice run' takes over")
    }
}
