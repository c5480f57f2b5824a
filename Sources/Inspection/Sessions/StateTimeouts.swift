package import FlowCore
package import FlowLayout

/// How long a session may be idle in each state, in ticks; 0: not configured. For an established session the treatment
/// applies (SESS-2).
package struct StateTimeouts: Equatable, Sendable {
    package var halfOpenTicks: UInt32
    package var closingTicks: UInt32
    package var closedTicks: UInt32
    package var tombstoneTicks: UInt32

    package init(halfOpenTicks: UInt32, closingTicks: UInt32, closedTicks: UInt32, tombstoneTicks: UInt32) {
        self.halfOpenTicks = halfOpenTicks
        self.closingTicks = closingTicks
        self.closedTicks = closedTicks
        self.tombstoneTicks = tombstoneTicks
    }

    /// For a configuration that is not in force: it has no sessions.
    package static let notConfigured = StateTimeouts(
        halfOpenTicks: 0, closingTicks: 0, closedTicks: 0, tombstoneTicks: 0)

    package init(_ runtime: sluice_runtime) {
        self.init(
            halfOpenTicks: runtime.halfOpenTimeoutTicks, closingTicks: runtime.closingTimeoutTicks,
            closedTicks: runtime.closedTimeoutTicks, tombstoneTicks: runtime.tombstoneTimeoutTicks)
    }

    /// How long a session may be idle in its state before it is ended, and how it is ended (``OnIdle``).
    package func idleLimit(of word: ControlWord, treatment: sluice_treatment) -> (ticks: UInt32, onIdle: UInt8) {
        switch word.state {
        // A table that is nearly full shortens it (SESS-9).
        case .synSent, .synReceived: (halfOpenTicks, OnIdle.silent.rawValue)
        // A session with one FIN is not probed.
        case .closing:
            (closingTicks, treatment.onIdle == OnIdle.probe.rawValue ? OnIdle.reset.rawValue : treatment.onIdle)
        case .closed: (closedTicks, OnIdle.silent.rawValue)
        case .resetting: (tombstoneTicks, OnIdle.silent.rawValue)
        case .established, .free, .beginning, .abandoned, .ending, .ended, nil:
            (treatment.timeoutTicks, treatment.onIdle)
        }
    }
}
