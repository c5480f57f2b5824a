/// One session, and what its two ends know.
struct VirtualSession {
    enum State {
        case live
        /// Reset by the firewall; answers late segments with another reset (RST-2).
        case tombstone
        /// No state remains.
        case gone
    }

    let number: Int
    let slab: Int
    let bornAt: UInt64
    /// The interval at which both ends send; nil: never, for half-open and idle sessions.
    let keepAlive: UInt64?
    var lastActivity: UInt64
    var state = State.live
    /// Whether the client's and the server's end know that the session is over.
    var clientIsAware = false
    var serverIsAware = false
    /// A segment was answered since the last reset: the reset is to be repeated (DRAIN-2).
    var hasSpokenSinceReset = false

    var areBothAware: Bool { clientIsAware && serverIsAware }
}
