import Glibc
internal import Kernel
internal import Policy

/// Checks and repairs the guard in a thread, so that the loop does not wait: nft may take long, or hang (MET-3).
struct GuardKeeping {
    /// The thread's work. Its result: what is wrong; nil: nothing.
    var work: LoopWork<String?>?
    /// Whether another check was asked for while one runs.
    var isWantedAgain = false
    /// Number of checks that were begun, and number of checks that have ended.
    var begun = 0
    var finished = 0
}

extension RunningGateway {
    /// Starts a check that makes the guard cover the configured interfaces and no others. If a reload is about to install its own guard,
    /// that one goes first.
    ///
    /// - Returns: the number of the check that uses the present configuration; see ``GuardKeeping/finished``.
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

    /// Takes the result of a check that has ended.
    func finishGuard() {
        if let problem = guardKeeping.work?.take() {
            guardKeeping.work = nil
            guardKeeping.finished = guardKeeping.begun
            report("guard", problem, next: Self.guardRemedy)
        }
        if guardKeeping.isWantedAgain, guardKeeping.work == nil, !reloading.ownsGuard { shrinkGuard() }
    }

    private static let guardRemedy =
        "see 'nft list ruleset'; the controller tries again every ten seconds, or at once: sluice reload"

    static func guardProblem(_ error: KernelError) -> String {
        if case .commandHung = error { return "the guard can't be checked: \(error)" }
        return "the guard is not as it should be: \(error)"
    }

    /// Waits until no thread can change the guard any more, at most for the time of two runs of nft.
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
