internal import Kernel
internal import Policy

/// A reload in progress: what takes long is done by threads, the change itself by the loop, in one turn.
struct Reloading {
    enum Step {
        /// None is in progress. Can transition to: `preparing` when one is asked for, or `refused`
        /// where there is no thread for it.
        case none
        /// A thread reads the file and compiles. Can transition to: `prepared`, `settling`, or `none` where the
        /// file is refused.
        case preparing(LoopWork<Result<PreparedReload, GatewayError>>)
        /// It is refused before anything was changed. Can transition to: `none`, at the next look: who asked may be answered only then.
        case refused(GatewayError)
        /// The guard must be widened first, and is being looked after. Can transition to: `guarding`.
        case prepared(PreparedReload)
        /// A thread has the interfaces of both configurations guarded; its result: what is wrong. Can transition to: `settling`, or
        /// `none` where that fails.
        case guarding(PreparedReload, LoopWork<String?>)
        /// The new policy judges, but a packet may still be judged by the image before. Can transition to: `none` when that is over and
        /// the guard is as it should be.
        case settling(until: UInt64, AppliedReload)
    }

    var step = Step.none
    /// The requests that the reload in progress will answer.
    var asked: [Int] = []
    /// Requests that came meanwhile: the file may have changed since it was read, so it is read again for them.
    var askedAgain: [Int] = []
    /// Who asked for the reload in progress, and who for the one after it.
    var requesters: [String] = []
    var requestersAgain: [String] = []
    /// Whether anybody asked meanwhile, by a request or by SIGHUP.
    var isWantedAgain = false

    var requester: String { requesters.joined(separator: "; ") }

    var isIdle: Bool { if case .none = step { true } else { false } }

    /// Whether a thread widens the guard.
    var isGuarding: Bool { if case .guarding = step { true } else { false } }

    /// Whether nobody else may begin to change the guard.
    var ownsGuard: Bool { if case .prepared = step { true } else { isGuarding } }

    /// Whether a thread that changed the guard has ended.
    func takeGuard() -> Bool {
        guard case .guarding(_, let work) = step else { return false }
        return work.take() != nil
    }

    /// All who wait for an answer.
    mutating func takeAsked() -> [Int] {
        defer {
            asked = []
            askedAgain = []
            isWantedAgain = false
        }
        return asked + askedAgain
    }
}

/// A configuration that was read, found good and compiled. Nothing is changed yet.
struct PreparedReload: Sendable {
    let source: ConfigurationSource
    let plan: ReloadPlan
    let change: PolicyChange

    /// Reads and compiles: whatever may take long. Called by a thread, while what is in force does not change.
    init(path: String, inForce: PolicyChange, old: Configuration, directory: RunDirectory) throws(GatewayError) {
        source = try ConfigurationSource(path: path)
        try APIBinary.check(source.configuration)
        plan = try ReloadPlan(from: old, to: source.configuration)
        change = try PolicyChange(
            to: source.configuration, datapath: inForce.datapath, directory: directory, isNew: false, inForce: inForce)
    }
}

/// What is said of a reload once it is done.
struct AppliedReload {
    let path: String
    let plan: ReloadPlan
    let rules: Int
    /// The look at the guard that goes by the new configuration; see ``GuardKeeping/finished``.
    let guardLook: Int
}
