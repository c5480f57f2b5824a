package import FlowCore

/// How idle sessions of one kind end: an entry of the kernel's treatment table.
package struct Treatment: Hashable, Sendable {
    /// Ticks of the coarse clock since the last segment after which the session is idle; never 0.
    package var timeoutTicks: UInt32
    package var onIdle: OnIdle

    package init(timeoutTicks: UInt32, onIdle: OnIdle) {
        self.timeoutTicks = timeoutTicks
        self.onIdle = onIdle
    }

    /// A treatment that never ends a session too early: ticks are rounded up (IDLE-1).
    package init(timeoutNanoseconds: UInt64, onIdle: OnIdle) {
        self.init(timeoutTicks: Tick.covering(nanoseconds: timeoutNanoseconds), onIdle: onIdle)
    }
}
