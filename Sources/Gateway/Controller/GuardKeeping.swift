import Glibc
internal import Kernel
internal import Policy

/// Looks after the guard without making the loop wait: nft may take long, or hang (MET-3).
struct GuardKeeping {
    /// What a thread is at; its result: what is wrong.
    var work: LoopWork<String?>?
    /// Whether another look was asked for meanwhile.
    var isWantedAgain = false
    /// Looks that were begun, and that are over.
    var begun = 0
    var finished = 0
}

extension RunningGateway {
    /// Guards what is configured, and nothing else; soon. While a reload has a guard of its own to install, that one goes first.
    ///
    /// - Returns: the number of the look that goes by what is configured now; see ``GuardKeeping/finished``.
    @discardableResult
    func shrinkGuard() -> Int {
        guard guardKeeping.work == nil, !reloading.ownsGuard else {
            guardKeeping.isWantedAgain = true
            return guardKeeping.begun + 1
        }
        guardKeeping.isWantedAgain = false
        guardKeeping.begun += 1
        let gateway = configuration.gateway
        let interfaces = configuration.zones.flatMap(\.interfaces).sorted()
        do throws(SystemError) {
            guardKeeping.work = try LoopWork(waking: waker) {
                do throws(KernelError) {
                    try Guard.ensure(gateway: gateway, interfaces: interfaces)
                    return nil
                } catch {
                    return RunningGateway.guardProblem(error)
                }
            }
        } catch {
            guardKeeping.finished = guardKeeping.begun
            report("guard", "the guard can't be checked: \(error)", next: Self.guardRemedy)
        }
        return guardKeeping.begun
    }

    /// Takes up what came of it.
    func finishGuard() {
        if let problem = guardKeeping.work?.take() {
            guardKeeping.work = nil
            guardKeeping.finished = guardKeeping.begun
            report("guard", problem, next: Self.guardRemedy)
        }
        if guardKeeping.isWantedAgain, guardKeeping.work == nil, !reloading.ownsGuard { shrinkGuard() }
    }

    private static let guardRemedy =
        "see what 'nft list ruleset' says; the controller tries again every ten seconds, or at once: sluice reload"

    static func guardProblem(_ error: KernelError) -> String {
        if case .commandHung = error { return "the guard can't be checked: \(error)" }
        return "the guard is not as it should be: \(error)"
    }

    /// Waits until no thread may change the guard any more, at most as long as two runs of nft last.
    func awaitGuard() {
        let end = MonotonicClock.nanoseconds() + 2 * UInt64(Command.patienceSeconds + 1) * 1_000_000_000
        while MonotonicClock.nanoseconds() < end {
            if guardKeeping.work?.take() != nil { guardKeeping.work = nil }
            if reloading.takeGuard() { reloading.step = .none }
            if guardKeeping.work == nil, !reloading.isGuarding { return }
            usleep(5_000)
        }
    }
}
