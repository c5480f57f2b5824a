import Fleet

/// The process of an instance.
struct VirtualProcess {
    let identifier: InstanceIdentifier
    /// Tells it from others that had, or will have, the same identifier.
    let serial: Int
    let binary: String?
    /// When it is ready to serve; nil: never.
    let readyAt: UInt64?
    /// Stopped (SIGSTOP), spinning or deadlocked: since when, and until when.
    var stalledSince: UInt64?
    var stalledUntil: UInt64 = 0
    /// The end of the last stall, and how long it was.
    var lastStall: (end: UInt64, length: UInt64) = (0, 0)
    /// SIGTERM or SIGKILL was sent.
    var isSignalled = false
    var heartbeat: UInt64
    var answered: UInt32 = 0

    var isStalled: Bool { stalledSince != nil }
    func isReady(_ now: UInt64) -> Bool { readyAt.map { now >= $0 } ?? false }
}
