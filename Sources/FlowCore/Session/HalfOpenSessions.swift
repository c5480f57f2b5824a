package import FlowLayout

/// The memory that half-open sessions are counted in.
package protocol HalfOpenTables {
    var runtime: UnsafeMutablePointer<sluice_runtime>? { get }
    func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>?
    /// The tally of sources with this hash: see ``SourceTally``.
    func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>?
}

/// Limits half-open sessions, all of them and each source's, and counts them (BAD-2, BAD-10).
package enum HalfOpenSessions {
    /// Whether a TCP session may begin, and where its source is counted; as it travels in one register.
    package struct Answer: RawRepresentable {
        package let rawValue: UInt32

        @inline(__always)
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        @inline(__always)
        package init(source: UInt32) { rawValue = source &<< 8 }

        @inline(__always)
        init(refusal: DropReason) { rawValue = UInt32(refusal.rawValue) }

        /// Why it may not; nil: it may.
        @inline(__always)
        package var refusal: DropReason? {
            switch UInt8(truncatingIfNeeded: rawValue) {
            case 0: nil
            case DropReason.limited.rawValue: .limited
            default: .capacity
            }
        }

        /// The number of the source's tally.
        @inline(__always)
        package var source: UInt32 { rawValue &>> 8 }
    }

    @inline(__always)
    package static func askHalfOpen<T: HalfOpenTables>(
        _ packet: UnsafePointer<sluice_packet>, now: UInt32, _ tables: T
    ) -> Answer {
        guard let runtime = tables.runtime else { return Answer(refusal: .capacity) }
        if HalfOpenTally.estimate(runtime) >= runtime.pointee.halfOpenLimit { return Answer(refusal: .capacity) }
        let source = source(of: packet.pointee.key, isLow: packet.pointee.flags & PacketFlags.sourceIsLow != 0, runtime)
        guard let tally = tables.sourceTally(source) else { return Answer(refusal: .capacity) }
        let limit = runtime.pointee.halfOpenLimitPerSource
        let epoch = SourceTally.epoch(of: now, shift: runtime.pointee.sourceEpochShift)
        if limit == 0 || SourceTally.count(sluice_load64(tally), epoch: epoch) < limit { return Answer(source: source) }
        // The instances make room (Gateway.HalfOpenRoom).
        if sluice_load32(&runtime.pointee.sourceLimitedTick) != now {
            sluice_store32(&runtime.pointee.sourceLimitedTick, now)
        }
        return Answer(refusal: .limited)
    }

    /// Counts a session that has begun: its control word says so already.
    ///
    /// - Parameter source: as ``askHalfOpen(_:now:_:)`` gave it.
    @inline(__always)
    package static func noteHalfOpenBegan<T: HalfOpenTables>(slot: UInt32, source: UInt32, now: UInt32, _ tables: T) {
        guard let runtime = tables.runtime else { return }
        if let slab = tables.slab(slot &>> (runtime.pointee.slabShift & 31)) {
            _ = sluice_fetch_add32(&slab.pointee.halfOpenBegun, 1)
        }
        _ = sluice_fetch_add32(&runtime.pointee.halfOpenChanges, 1)
        if let tally = tables.sourceTally(source) {
            SourceTally.add(tally, epoch: SourceTally.epoch(of: now, shift: runtime.pointee.sourceEpochShift))
        }
    }

    /// Counts a session that a packet has made half-open no more: its control word says so already.
    @inline(__always)
    package static func noteHalfOpenLeft<T: HalfOpenTables>(
        _ session: UnsafePointer<sluice_session>, slot: UInt32, now: UInt32, _ tables: T
    ) {
        guard let runtime = tables.runtime else { return }
        if let slab = tables.slab(slot &>> (runtime.pointee.slabShift & 31)) {
            _ = sluice_fetch_add32(&slab.pointee.halfOpenLeft, 1)
        }
        _ = sluice_fetch_add32(&runtime.pointee.halfOpenChanges, UInt32.max)
        noteSourceLeft(session, now: now, tables)
    }

    /// Counts, for its source, a session that is half-open no more, whoever ended it.
    @inline(__always)
    package static func noteSourceLeft<T: HalfOpenTables>(
        _ session: UnsafePointer<sluice_session>, now: UInt32, _ tables: T
    ) {
        guard let runtime = tables.runtime else { return }
        let shift = runtime.pointee.sourceEpochShift
        if let tally = tables.sourceTally(source(of: session, runtime)) {
            SourceTally.remove(
                tally, began: SourceTally.epoch(of: session.pointee.createdTick, shift: shift),
                epoch: SourceTally.epoch(of: now, shift: shift))
        }
    }

    /// The number of a session's source among the tallies.
    @inline(__always)
    package static func source(
        of session: UnsafePointer<sluice_session>, _ runtime: UnsafeMutablePointer<sluice_runtime>
    ) -> UInt32 {
        source(of: session.pointee.key, isLow: session.pointee.flags & SessionFlags.originatorIsLow != 0, runtime)
    }

    @inline(__always)
    private static func source(
        of key: sluice_session_key, isLow: Bool, _ runtime: UnsafeMutablePointer<sluice_runtime>
    ) -> UInt32 {
        KeyHash.of(source: key.source(isLow: isLow), family: key.family, keys: sluice_hash_keys(runtime))
    }
}
