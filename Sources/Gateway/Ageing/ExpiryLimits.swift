package import FlowCore
internal import FlowLayout

/// The number of ticks that a session may be idle, indexed by the 16 bits of its control word that hold its state and treatment. One
/// load in the scan decides for a slot.
///
/// A limit is signed, and so is a session's age: if the kernel wrote a word after the scan read the clock, its age is negative and the
/// session is not due.
package final class ExpiryLimits {
    static let count = 1 << 16
    /// Never due.
    static let never = Int32.max
    /// Due at every check, even if its tick is slightly in the future.
    static let always = Int32.min

    let limits: UnsafeMutablePointer<Int32>

    package init() {
        limits = .allocate(capacity: Self.count)
        limits.initialize(repeating: Self.never, count: Self.count)
    }

    deinit { limits.deallocate() }

    /// The limit of a control word.
    func limit(of word: ControlWord) -> Int32 { limits[Self.index(of: word.rawValue)] }

    @inline(__always)
    static func index(of rawWord: UInt64) -> Int { Int(truncatingIfNeeded: (rawWord >> 32) & 0xFFFF) }

    /// Updates the limits from the configuration and the occupancy of the table.
    ///
    /// - Parameters:
    ///   - keepsTombstones: whether tombstones stay, whatever their age.
    ///   - halfOpenAtMost: a lower limit in ticks for half-open sessions, to make room (``HalfOpenRoom``).
    package func update(
        from table: SessionTable, occupied: Int, keepsTombstones: Bool = false, halfOpenAtMost: UInt32 = .max
    ) {
        let runtime = table.runtime
        let configured = runtime.pointee.halfOpenTimeoutTicks
        let share = Int(runtime.pointee.halfOpenLimit)
        // The timeout shrinks as the table fills up, and as the half-open sessions' share fills up.
        let shrunk = min(
            HalfOpenTimeout.ticks(configuredTicks: configured, occupied: occupied, capacity: table.slotCount),
            share == 0
                ? configured
                : HalfOpenTimeout.ticks(
                    configuredTicks: configured, occupied: Int(HalfOpenTally.estimate(runtime)), capacity: share))
        let halfOpen = Self.limit(min(shrunk, halfOpenAtMost))
        let closing = Self.limit(runtime.pointee.closingTimeoutTicks)
        let closed = Self.limit(runtime.pointee.closedTimeoutTicks)
        let tombstone = keepsTombstones ? Self.never : Self.limit(runtime.pointee.tombstoneTimeoutTicks)
        // A session without a valid treatment gets the first one. Otherwise it would stay forever.
        let fallback = table.treatments[Int(TreatmentIndex.northSouth)].timeoutTicks
        for treatment in 0..<Int(SLUICE_MAX_TREATMENTS) {
            let ticks = table.treatments[treatment].timeoutTicks
            let row = limits + treatment << 4
            row[Int(SessionState.free.rawValue)] = Self.never
            row[Int(SessionState.synSent.rawValue)] = halfOpen
            row[Int(SessionState.synReceived.rawValue)] = halfOpen
            row[Int(SessionState.established.rawValue)] = Self.limit(ticks == 0 ? fallback : ticks)
            row[Int(SessionState.closing.rawValue)] = closing
            row[Int(SessionState.closed.rawValue)] = closed
            row[Int(SessionState.resetting.rawValue)] = tombstone
            row[Int(SessionState.ending.rawValue)] = Self.always
            row[Int(SessionState.ended.rawValue)] = Self.always
            row[Int(SessionState.beginning.rawValue)] = Self.never
            row[Int(SessionState.abandoned.rawValue)] = Self.always
        }
    }

    /// 0 means "not configured yet": never due.
    private static func limit(_ ticks: UInt32) -> Int32 {
        ticks == 0 ? never : Int32(truncatingIfNeeded: min(ticks, UInt32(Int32.max) - 1))
    }
}

/// The half-open timeout, by the occupancy of the table and of the half-open sessions' share (SESS-9, BAD-2).
///
/// Up to 60 % occupancy it is the configured timeout. Above, it shrinks linearly, to a tenth in a full table. So a SYN flood makes room
/// by itself, before any other session has to be refused.
package enum HalfOpenTimeout {
    /// The occupancy, in per cent, from which on the timeout shrinks.
    static let shrinkFromPercent: UInt64 = 60
    /// Per cent of the configured timeout that remains when the table is full.
    static let smallestPercent: UInt64 = 10

    /// - Parameters:
    ///   - configuredTicks: the timeout of a table that is not crowded.
    ///   - occupied: slots that are not free; or half-open sessions.
    ///   - capacity: all slots; or the limit of half-open sessions.
    /// - Returns: ticks; at least 1.
    package static func ticks(configuredTicks: UInt32, occupied: Int, capacity: Int) -> UInt32 {
        let occupied = UInt64(max(0, min(occupied, capacity)))
        let capacity = UInt64(max(1, capacity))
        let threshold = capacity * shrinkFromPercent
        let scaledOccupied = occupied * 100
        guard scaledOccupied > threshold else { return configuredTicks }
        // In millionths, so that no product of ticks and slots overflows.
        let excess = (scaledOccupied - threshold) * 1_000_000 / (capacity * (100 - shrinkFromPercent))
        let configured = UInt64(configuredTicks)
        let cut = configured * (100 - smallestPercent) * excess / 100_000_000
        return UInt32(max(1, configured - cut))
    }
}
