package import FlowLayout

/// The memory in which half-open sessions are counted.
package protocol HalfOpenTables {
    var runtime: UnsafeMutablePointer<sluice_runtime>? { get }
    func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>?
    /// The tally of sources with this hash: see ``SourceTally``.
    func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>?
}

/// Limits and counts half-open sessions, in total and by source (BAD-2, BAD-10).
package enum HalfOpenSessions {
    /// Whether a TCP session may begin, and where its source is counted. It fits into one register.
    package struct Answer: RawRepresentable {
        package let rawValue: UInt32

        @inline(__always)
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        @inline(__always)
        package init(source: UInt32) { rawValue = source &<< 8 }

        @inline(__always)
        init(refusal: DropReason) { rawValue = UInt32(refusal.rawValue) }

        /// The reason why it may not begin; nil: it may.
        @inline(__always)
        package var refusal: DropReason? {
            switch UInt8(truncatingIfNeeded: rawValue) {
            case 0: nil
            case DropReason.limited.rawValue: .limited
            default: .capacity
            }
        }

        /// The index of the source's tally.
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
        // Requests that the instances free half-open sessions (Gateway.HalfOpenRoom).
        if sluice_load32(&runtime.pointee.sourceLimitedTick) != now {
            sluice_store32(&runtime.pointee.sourceLimitedTick, now)
        }
        return Answer(refusal: .limited)
    }

    /// Counts a session that has begun. Its control word is already written.
    ///
    /// - Parameter source: the result of ``askHalfOpen(_:now:_:)``.
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

    /// Counts a session that is no longer half-open because of a packet. Its control word is already written.
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

    /// Counts, for its source, a session that is no longer half-open, for whatever reason.
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

    /// The index of the tally for a session's source.
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
