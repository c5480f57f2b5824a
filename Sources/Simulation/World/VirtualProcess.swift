import Fleet

/// The process of an instance.
struct VirtualProcess {
    let identifier: InstanceIdentifier
    /// Distinguishes it from earlier and later processes with the same identifier.
    let serial: Int
    let binary: String?
    /// The version of the controller that started it.
    let program: Int
    /// When it becomes ready to serve; nil: never.
    let readyAt: UInt64?
    /// Stopped (SIGSTOP), in a busy loop, or deadlocked.
    var isStalled = false
    /// SIGTERM or SIGKILL was sent.
    var isSignalled = false
    var heartbeat: UInt64
    var answered: UInt32 = 0
    /// The count of half-open sessions that is in progress.
    var counting: HalfOpenCounting?
    var countsNextAt: UInt64 = 0
    var hasCounted = false

    func isReady(_ now: UInt64) -> Bool { readyAt.map { now >= $0 } ?? false }
}
