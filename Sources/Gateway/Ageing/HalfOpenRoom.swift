internal import FlowCore
internal import FlowLayout

/// Makes room for new handshakes if half-open sessions crowd their share of the table, or a source crowds its part of the share. The
/// oldest half-open sessions end; an established session never ends for it (BAD-2, SESS-9).
///
/// A handshake takes one round trip, so the oldest one is the least likely to complete. Each instance ends its part of its own sessions.
struct HalfOpenRoom {
    /// The share, and a source's part, are kept filled to at most this per cent: the rest is room until the next pass.
    static let fullestPercent: UInt64 = 75
    /// After the kernel program refused a session of a source, crowded sources are searched for this number of ticks (1 s).
    static let memoryTicks: UInt32 = 60
    /// Ages below this number of ticks (69 s) are counted separately.
    static let agesCount = 4096

    let table: SessionTable

    /// Whether passes must follow each other as fast as possible.
    func isCrowded(now: UInt32) -> Bool { excess > 0 || sourcesAreCrowded(now: now) }

    /// Half-open sessions above the level that the share is kept at.
    private var excess: UInt64 {
        let limit = UInt64(table.runtime.pointee.halfOpenLimit)
        let count = UInt64(HalfOpenTally.estimate(table.runtime))
        let fullest = limit * Self.fullestPercent / 100
        return limit > 0 && count > fullest ? count - fullest : 0
    }

    /// The maximum age in ticks of a half-open session, to make room; nil if there is room.
    func ageLimit(now: UInt32) -> UInt32? {
        let excess = excess
        guard excess > 0 else { return nil }
        let total = UInt64(HalfOpenTally.estimate(table.runtime))
        var ages = [UInt32](repeating: 0, count: Self.agesCount)
        var own: UInt64 = 0
        forEachHalfOpen { _, word in
            let age = Int32(truncatingIfNeeded: now &- word.tick)
            ages[min(max(0, Int(age)), Self.agesCount - 1)] += 1
            own += 1
        }
        return Self.ageLimit(ages: ages, excess: Self.part(of: excess, own: own, total: total))
    }

    /// The largest limit that at least `excess` sessions exceed; at least one tick.
    static func ageLimit(ages: [UInt32], excess: UInt64) -> UInt32? {
        guard excess > 0 else { return nil }
        var older: UInt64 = 0
        for age in ages.indices.reversed() {
            older += UInt64(ages[age])
            if older >= excess { return UInt32(max(1, age - 1)) }
        }
        return 1
    }

    /// This instance's part of the sessions that all instances have to end, rounded up.
    static func part(of excess: UInt64, own: UInt64, total: UInt64) -> UInt64 {
        guard own > 0 else { return 0 }
        let total = max(own, total)
        return min(own, (excess * own + total - 1) / total)
    }

    // MARK: Sources

    private func sourcesAreCrowded(now: UInt32) -> Bool {
        let tick = sluice_load32(&table.runtime.pointee.sourceLimitedTick)
        return tick != 0 && Int32(truncatingIfNeeded: now &- tick) <= Int32(Self.memoryTicks)
    }

    /// The oldest half-open sessions of the sources that crowd their part.
    func crowdedSources(now: UInt32) -> [(slot: Int, word: ControlWord)] {
        let limit = UInt64(table.runtime.pointee.halfOpenLimitPerSource)
        guard limit > 0, sourcesAreCrowded(now: now) else { return [] }
        let fullest = limit * Self.fullestPercent / 100
        let epoch = SourceTally.epoch(of: now, shift: table.runtime.pointee.sourceEpochShift)
        var crowded: [UInt32: [(age: Int32, slot: Int, word: ControlWord)]] = [:]
        var counts: [UInt32: UInt64] = [:]
        forEachHalfOpen { slot, word in
            let source = HalfOpenSessions.source(of: table.sessions + slot, table.runtime)
            let count = UInt64(SourceTally.count(sluice_load64(table.sources + Int(source)), epoch: epoch))
            guard count > fullest else { return }
            counts[source] = count
            crowded[source, default: []].append((Int32(truncatingIfNeeded: now &- word.tick), slot, word))
        }
        var result: [(slot: Int, word: ControlWord)] = []
        for (source, sessions) in crowded {
            let count = counts[source] ?? 0
            let part = Self.part(of: count - fullest, own: UInt64(sessions.count), total: count)
            for session in sessions.sorted(by: { $0.age > $1.age }).prefix(Int(part)) where session.age > 1 {
                result.append((session.slot, session.word))
            }
        }
        return result
    }

    private func forEachHalfOpen(_ body: (Int, ControlWord) -> Void) {
        for slab in 0..<table.slabCount where table.owns(slab: slab) && HalfOpenTally.estimate(table.slabs + slab) > 0 {
            for slot in table.slots(ofSlab: slab) {
                let word = table.word(slot)
                if word.isState(.synSent) || word.isState(.synReceived) { body(slot, word) }
            }
        }
    }
}
