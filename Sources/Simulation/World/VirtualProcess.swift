import Fleet

/// The process of an instance.
struct VirtualProcess {
    let identifier: InstanceIdentifier
    /// Tells it from others that had, or will have, the same identifier.
    let serial: Int
    let binary: String?
    /// The controller's that started it.
    let program: Int
    /// When it is ready to serve; nil: never.
    let readyAt: UInt64?
    /// Stopped (SIGSTOP), spinning or deadlocked.
    var isStalled = false
    /// SIGTERM or SIGKILL was sent.
    var isSignalled = false
    var heartbeat: UInt64
    var answered: UInt32 = 0
    /// The count of its half-open sessions that is going on.
    var counting: HalfOpenCounting?
    var countsNextAt: UInt64 = 0
    var hasCounted = false

    func isReady(_ now: UInt64) -> Bool { readyAt.map { now >= $0 } ?? false }
}
