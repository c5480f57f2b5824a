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

    /// The calendar's time of the begin of a tick. A tick ahead of the clock is now.
    package func wall(ofTick tick: UInt32) -> UInt64 {
        let elapsed = self.tick &- tick
        guard elapsed < UInt32(1) << 31, elapsed > 0 else { return wall }
        let begin = ((monotonic >> Tick.shift) &- UInt64(elapsed)) << Tick.shift
        return wall(ofMonotonic: begin)
    }
}
