internal import FlowCore

/// What time it is by both clocks: sessions live by the monotonic one, logs by the calendar.
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

    /// The calendar's time of a moment of the monotonic clock, past or a little ahead.
    package func wall(ofMonotonic moment: UInt64) -> UInt64 { wall &- (monotonic &- moment) }

    /// The calendar's time of the end of a tick, which may lie a little ahead. Of what happened in a tick only the tick is known,
    /// and no time that is logged is earlier than what it is the time of.
    package func wall(ofEndOfTick tick: UInt32) -> UInt64 {
        let elapsed = Int64(Int32(truncatingIfNeeded: self.tick &- tick))
        let end = Int64(bitPattern: (monotonic >> Tick.shift) &+ 1) &- elapsed
        return wall(ofMonotonic: UInt64(bitPattern: end) << Tick.shift)
    }
}
