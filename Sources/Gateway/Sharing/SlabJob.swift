package import FlowCore

/// An operation on all slabs, one slab at a time, so that the controller's loop can do other work in between (MET-3): a pass over a table
/// of millions of sessions takes long.
///
/// Each slab is visited once. A session that changes meanwhile may be counted in its old or its new state.
package struct SlabJob {
    package enum Kind: Equatable, Sendable {
        /// Counts all instances' sessions and, if ticks are given, the sessions of at least this age.
        case count(longLivedTicks: UInt32?)
        /// Gives an instance's slabs to others; see ``SlabSharing/moveSlabs(from:to:)``.
        case move(from: UInt16, to: [UInt16])
        /// Ends an instance's sessions; see ``SlabSharing/discardSessions(of:reason:now:journal:)``.
        case discard(of: UInt16, reason: EndReason)
    }

    package let kind: Kind
    /// Sessions by instance, without instances that have no slabs. The result of a count and of a move.
    package private(set) var counts: [UInt16: InstanceSessions] = [:]
    /// Established sessions of the age that was asked for, by instance.
    package private(set) var longLived: [UInt16: Int] = [:]
    /// The result of a move.
    package private(set) var move = SlabSharing.Move()
    /// Live sessions that were ended.
    package private(set) var discarded = 0
    package private(set) var isDone = false
    private var nextSlab = 0
    /// The slabs to move.
    private var leaving: [(slab: Int, sessions: Int)] = []

    package init(_ kind: Kind) { self.kind = kind }

    /// Processes one slab; the last one completes the job.
    ///
    /// - Parameter now: the tick.
    package mutating func advance(
        _ sharing: SlabSharing, now: UInt32, journal: any SessionJournal = SilentJournal()
    ) {
        if nextSlab < sharing.table.slabCount {
            let owner = sharing.owner(of: nextSlab)
            switch kind {
            case .count(let ticks):
                counts[owner, default: InstanceSessions()].add(sharing.count(nextSlab))
                if let ticks {
                    longLived[owner, default: 0] += sharing.longLived(inSlab: nextSlab, olderThanTicks: ticks, now: now)
                }
            case .move(let source, _):
                let count = sharing.count(nextSlab)
                counts[owner, default: InstanceSessions()].add(count)
                if owner == source { leaving.append((nextSlab, count.live)) }
            case .discard(let instance, let reason):
                if owner == instance {
                    discarded += sharing.discard(nextSlab, of: instance, reason: reason, now: now, journal: journal)
                }
            }
            nextSlab += 1
        }
        guard nextSlab >= sharing.table.slabCount else { return }
        if case .move(let source, let survivors) = kind { handOver(sharing, from: source, to: survivors) }
        isDone = true
    }

    /// Processes all slabs at once.
    package mutating func finish(
        _ sharing: SlabSharing, now: UInt32, journal: any SessionJournal = SilentJournal()
    ) {
        while !isDone { advance(sharing, now: now, journal: journal) }
    }

    /// Moves the fullest slab first, each to the instance with the fewest sessions.
    private mutating func handOver(_ sharing: SlabSharing, from source: UInt16, to survivors: [UInt16]) {
        var loads: [(instance: UInt16, sessions: Int, slabs: Int)] = []
        for instance in survivors where instance != source {
            let count = counts[instance] ?? InstanceSessions()
            loads.append((instance, count.live, count.slabs))
        }
        guard !loads.isEmpty else { return }
        leaving.sort { ($0.sessions, $1.slab) > ($1.sessions, $0.slab) }
        for (slab, sessions) in leaving {
            var least = 0
            for index in loads.indices
            where (loads[index].sessions, loads[index].slabs) < (loads[least].sessions, loads[least].slabs) {
                least = index
            }
            guard sharing.give(slab, from: source, to: loads[least].instance) else { continue }
            loads[least].sessions += sessions
            loads[least].slabs += 1
            move.slabs += 1
            move.sessions += sessions
        }
    }
}

/// The number of sessions of one instance.
package struct InstanceSessions: Equatable, Sendable {
    /// Half-open, established or closing.
    package var live = 0
    /// Of those: half-open.
    package var halfOpen = 0
    /// Sessions that were reset, and stay in the table to answer late segments.
    package var tombstones = 0
    /// Closed by their ends, and not released yet.
    package var closed = 0
    /// Slots of its slabs, free ones included.
    package var slots = 0
    package var slabs = 0

    package init() {}

    mutating func add(_ other: InstanceSessions) {
        live += other.live
        halfOpen += other.halfOpen
        tombstones += other.tombstones
        closed += other.closed
        slots += other.slots
        slabs += other.slabs
    }
}
