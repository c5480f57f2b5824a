package import FlowCore

/// How idle sessions of one kind end: what an entry of the kernel's treatment table says.
package struct Treatment: Hashable, Sendable {
    /// Ticks of the coarse clock that must have passed since the last segment; never 0.
    package var timeoutTicks: UInt32
    package var onIdle: OnIdle

    package init(timeoutTicks: UInt32, onIdle: OnIdle) {
        self.timeoutTicks = timeoutTicks
        self.onIdle = onIdle
    }

    /// A treatment that is never early: ticks are rounded up (IDLE-1).
    package init(timeoutNanoseconds: UInt64, onIdle: OnIdle) {
        self.init(timeoutTicks: Tick.covering(nanoseconds: timeoutNanoseconds), onIdle: onIdle)
    }
}
