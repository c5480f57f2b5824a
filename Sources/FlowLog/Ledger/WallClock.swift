internal import FlowCore

/// The same moment on both clocks: sessions use the monotonic clock, logs the wall clock.
package struct WallClock: Equatable, Sendable {
    /// CLOCK_MONOTONIC, nanoseconds.
    package let monotonic: UInt64
    /// CLOCK_REALTIME, nanoseconds since 1970.
    package let wall: UInt64

    package init(monotonic: UInt64, wall: UInt64) {
        self.monotonic = monotonic
        self.wall = wall
    }

    package var tick: UInt32 { Tick.of(nanoseconds: monotonic) }

    /// The wall clock time of a moment on the monotonic clock, in the past or slightly ahead.
    package func wall(ofMonotonic moment: UInt64) -> UInt64 { wall &- (monotonic &- moment) }

    /// The wall clock time of the end of a tick, which may be slightly ahead. If only the tick of an event is known,
    /// the end is used, so that no logged time is earlier than its event.
    package func wall(ofEndOfTick tick: UInt32) -> UInt64 {
        let elapsed = Int64(Int32(truncatingIfNeeded: self.tick &- tick))
        let end = Int64(bitPattern: (monotonic >> Tick.shift) &+ 1) &- elapsed
        return wall(ofMonotonic: UInt64(bitPattern: end) << Tick.shift)
    }
}
