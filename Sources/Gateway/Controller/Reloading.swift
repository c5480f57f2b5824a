internal import Kernel
internal import Policy

/// A reload in progress: threads do what takes long, and the loop makes the change itself, in one iteration.
struct Reloading {
    enum Step {
        /// No reload is in progress. Can transition to: `preparing` when one is asked for, or `refused` if no thread can be
        /// started for it.
        case none
        /// A thread reads the file and compiles it. Can transition to: `prepared`, `settling`, or `none` if the file is refused.
        case preparing(LoopWork<Result<PreparedReload, GatewayError>>)
        /// The reload is refused before anything was changed. Can transition to: `none`, in the next iteration: only then can the request
        /// be answered.
        case refused(GatewayError)
        /// The guard must be widened first, but another thread checks it at the moment. Can transition to: `guarding`.
        case prepared(PreparedReload)
        /// A thread makes the guard cover the interfaces of both configurations; its result: what is wrong. Can transition to: `settling`,
        /// or `none` if that fails.
        case guarding(PreparedReload, LoopWork<String?>)
        /// The new policy is in force, but a packet may still be judged by the previous image. Can transition to: `none` when the grace
        /// time is over and the guard has been checked.
        case settling(until: UInt64, AppliedReload)
    }

    var step = Step.none
    /// The requests that the reload in progress will answer.
    var asked: [Int] = []
    /// Requests that came while a reload was in progress. The file is read again for them, because it may have changed since.
    var askedAgain: [Int] = []
    /// Who asked for the reload in progress, and who asked for the one after it.
    var requesters: [String] = []
    var requestersAgain: [String] = []
    /// Whether a request or SIGHUP asked for another reload while this one was in progress.
    var isWantedAgain = false

    var requester: String { requesters.joined(separator: "; ") }

    var isIdle: Bool { if case .none = step { true } else { false } }

    /// Whether a thread widens the guard.
    var isGuarding: Bool { if case .guarding = step { true } else { false } }

    /// Whether nothing else may begin to change the guard.
    var ownsGuard: Bool { if case .prepared = step { true } else { isGuarding } }

    /// Whether a thread that changed the guard has ended.
    func takeGuard() -> Bool {
        guard case .guarding(_, let work) = step else { return false }
        return work.take() != nil
    }

    /// Returns and removes all requests that wait for an answer.
    mutating func takeAsked() -> [Int] {
        defer {
            asked = []
            askedAgain = []
            isWantedAgain = false
        }
        return asked + askedAgain
    }
}

/// A configuration that was read, checked and compiled. Nothing is changed yet.
struct PreparedReload: Sendable {
    let source: ConfigurationSource
    let plan: ReloadPlan
    let change: PolicyChange

    /// Reads and compiles: everything that may take long. A thread calls it, while the configuration in force does not change.
    init(path: String, inForce: PolicyChange, old: Configuration, directory: RunDirectory) throws(GatewayError) {
        source = try ConfigurationSource(path: path)
        try APIBinary.check(source.configuration)
        plan = try ReloadPlan(from: old, to: source.configuration)
        change = try PolicyChange(
            to: source.configuration, datapath: inForce.datapath, directory: directory, isNew: false, inForce: inForce)
    }
}

/// What the answer to a finished reload reports.
struct AppliedReload {
    let path: String
    let plan: ReloadPlan
    let rules: Int
    /// The number of the guard check that uses the new configuration; see ``GuardKeeping/finished``.
    let guardCheck: Int
}
