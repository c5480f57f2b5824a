internal import Kernel
internal import Policy
internal import Store

extension RunningGateway {
    /// Time that an instance has for its end, before it is killed.
    static let instancePatienceNanoseconds: UInt64 = 3_000_000_000
    /// Time that the first instance of a new gateway has until it serves.
    static let firstInstancePatienceNanoseconds: UInt64 = 15_000_000_000

    /// Stops the gateway. The guard stays until nothing forwards any more; after that the configuration decides.
    ///
    /// - Throws: what could not be undone. Everything else was undone.
    func shutDown() throws(GatewayError) {
        abandonReload()
        server.remove()
        api.stop()
        var failures: [String] = []
        func attempt(_ what: String, _ body: () throws -> Void) {
            do { try body() } catch { failures.append("\(what): \(error)") }
        }
        // First forwarding stops, and then the instances end: so their last flow log records are complete.
        for (name, interface) in attached.sorted(by: { $0.key < $1.key }) {
            attempt("interface \(name) could not be detached") { try attachment.detach(index: interface.index) }
        }
        announceStop()
        fleet.shutDown(patienceNanoseconds: Self.instancePatienceNanoseconds)
        recordStop()
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

    /// Time to finish the session work in progress.
    private static let jobPatienceNanoseconds: UInt64 = 1_000_000_000

    /// Leaves the gateway to the next controller (PKG-3). The kernel forwards and admits, the instances continue, and everything that a
    /// take-over needs stays. Every waiting request gets an answer.
    func handOver() {
        let now = MonotonicClock.nanoseconds()
        let successor = "the controller is being replaced"
        abandonReload(because: "\(successor): run 'sluice reload' again")
        awaitGuard()
        while !jobs.isEmpty, MonotonicClock.nanoseconds() < now + Self.jobPatienceNanoseconds { workOnSessions() }
        // The next controller continues the judging by a policy. For sessions named by hand, the answer says how many were reset.
        for job in jobs { job.finished(job.work.ended, false) }
        jobs = []
        sendAnswers(now: MonotonicClock.nanoseconds())
        for (command, number) in waiting {
            log.notice("not answered before the hand-over", ["command": "\(command)"])
            server.answer(
                number,
                ControlResponse(
                    ok: false,
                    message: "\(successor); the next one continues the request: 'sluice status' shows it"),
                now: MonotonicClock.nanoseconds())
        }
        server.remove()
        api.stop()
        saveRecord()
        recordEvent(.handedOver(reason: stopCause))
        history.tend(now: WallTimeSource.nanoseconds())
        if let problem = history.problem { log.error("\(history.waiting) events are lost", ["cause": problem]) }
        log.notice("handed over: the kernel and the instances continue; the next 'sluice run' takes over")
    }
}
