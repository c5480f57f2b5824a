/// One session, and what its two ends know of it.
struct VirtualSession {
    enum State {
        case live
        /// Reset by the firewall; answers late segments with another reset (RST-2).
        case tombstone
        /// No state is left of it.
        case gone
    }

    let number: Int
    let slab: Int
    let bornAt: UInt64
    /// How often both ends speak; nil: they never do, as half-open ones and sleepers.
    let keepAlive: UInt64?
    var lastActivity: UInt64
    var state = State.live
    /// Whether the client's and the server's end know that it is over.
    var isClientTold = false
    var isServerTold = false
    /// A segment met the tombstone since its last reset: it is to be repeated (DRAIN-2).
    var hasSpokenSinceReset = false

    var areBothTold: Bool { isClientTold && isServerTold }
}
