internal import Kernel
internal import Policy
internal import Store

extension RunningGateway {
    /// How long an instance may take to end before it is killed.
    static let instancePatienceNanoseconds: UInt64 = 3_000_000_000
    /// How long the first instance of a new gateway may take until it serves.
    static let firstInstancePatienceNanoseconds: UInt64 = 15_000_000_000

    /// Takes the gateway down: the guard stands until nothing forwards any more, and after that as configured.
    ///
    /// - Throws: what could not be undone; everything else was.
    func shutDown() throws(GatewayError) {
        abandonReload()
        server.remove()
        api.stop()
        var failures: [String] = []
        func attempt(_ what: String, _ body: () throws -> Void) {
            do { try body() } catch { failures.append("\(what): \(error)") }
        }
        // First nothing is forwarded any more, and then the instances go: their last log entries are complete.
        for (name, interface) in attached.sorted(by: { $0.key < $1.key }) {
            attempt("interface \(name) could not be detached") { try attachment.detach(index: interface.index) }
        }
        announceStop()
        fleet.shutDown(patienceNanoseconds: Self.instancePatienceNanoseconds)
        tellStop()
        attempt("the datapath's pins could not be removed") { try datapath.unpin() }
        attempt("IP forwarding could not be restored") { try record.forwardingBefore.restore() }
        switch configuration.guardOnStop {
        case .keep:
            log.notice("the guard stays: nothing is forwarded between the zones until a gateway runs again")
        case .remove:
            awaitGuard()
            attempt("the guard could not be removed") { try Guard.remove(gateway: configuration.gateway) }
        }
        directory.remove()
        log.info("stopped")
        guard failures.isEmpty else { throw GatewayError(failures.joined(separator: "\n")) }
    }

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
        // What is left of a policy's judgement the next controller takes up; for sessions named by hand, the answer says how many were reset.
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
