/// A session's control word: its generation, its state, and the time of its last activity. It is one 64-bit integer, so
/// that the kernel and the processes change it by compare-and-exchange: of a segment and the expiry of its session, one
/// wins (IDLE-6).
///
/// | bits | what |
/// |---|---|
/// | 0 ..< 32 | tick of the last activity, see ``Tick`` |
/// | 32 ..< 36 | ``SessionState`` |
/// | 36 ..< 48 | treatment: index into the table of idle timeouts |
/// | 48 ..< 64 | generation of the slot |
package struct ControlWord: Equatable, Sendable {
    package var rawValue: UInt64

    @inline(__always)
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    @inline(__always)
    package init(tick: UInt32, state: SessionState, treatment: UInt16, generation: UInt16) {
        self.rawValue =
            UInt64(tick) | UInt64(state.rawValue) << 32 | UInt64(treatment & 0xFFF) << 36 | UInt64(generation) << 48
    }

    @inline(__always)
    package var tick: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    /// The state's raw value, for comparisons on the hot path.
    @inline(__always)
    package var stateValue: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 32) & 0xF }

    /// The state; nil if the memory does not hold a valid one.
    package var state: SessionState? { SessionState(rawValue: stateValue) }

    @inline(__always)
    package func isState(_ state: SessionState) -> Bool { stateValue == state.rawValue }

    /// Whether the session's ends may still exchange segments: from the first SYN to both FINs.
    @inline(__always)
    package var isLive: Bool {
        stateValue >= SessionState.synSent.rawValue && stateValue <= SessionState.closed.rawValue
    }

    @inline(__always)
    package var treatment: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 36) & 0xFFF }

    @inline(__always)
    package var generation: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 48) }

    /// The same slot with another state and time.
    @inline(__always)
    package func with(state: SessionState, tick: UInt32) -> ControlWord {
        ControlWord(rawValue: rawValue & ~0xF_FFFF_FFFF | UInt64(state.rawValue) << 32 | UInt64(tick))
    }

    @inline(__always)
    package func with(tick: UInt32) -> ControlWord {
        ControlWord(rawValue: rawValue & ~0xFFFF_FFFF | UInt64(tick))
    }
}

/// The coarse clock of sessions: CLOCK_MONOTONIC in units of 2^24 ns (16.8 ms), 32 bits, wrapping after 2.3 years.
package enum Tick {
    package static let shift: UInt64 = 24
    package static let nanoseconds: UInt64 = 1 << shift

    @inline(__always)
    package static func of(nanoseconds: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: nanoseconds >> shift) }

    /// A number of ticks that is never shorter than a duration, wherever it begins within a tick: rounded up, plus one
    /// (IDLE-1).
    package static func covering(nanoseconds: UInt64) -> UInt32 {
        UInt32(min(((nanoseconds + Tick.nanoseconds - 1) >> shift) + 1, UInt64(UInt32.max >> 1)))
    }
}
