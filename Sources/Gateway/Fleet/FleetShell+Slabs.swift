internal import Fleet
internal import FlowCore
internal import Kernel

extension FleetShell {
    /// What a pass over the slabs is for. There is one at a time for each.
    enum SlabPurpose: Hashable {
        case measuring, draining, binaryCheck
        /// An instance's slabs are handed over, or its sessions discarded.
        case emptying(InstanceIdentifier)
    }

    /// A pass over the slabs that the loop has in hand.
    struct SlabTask {
        let purpose: SlabPurpose
        var job: SlabJob
        /// Called once, when the job is done.
        let finished: (FleetShell, SlabJob) -> Void
    }

    /// How long one turn of the loop works on slabs.
    private static let slabTurnNanoseconds: UInt64 = 10_000_000

    /// Has something done to all slabs, after what was begun before: in this order, so that no slab is given to an instance after that one's
    /// own slabs were handed over. What is asked for again while it is in hand is not begun twice.
    func begin(
        _ kind: SlabJob.Kind, for purpose: SlabPurpose, finished: @escaping (FleetShell, SlabJob) -> Void
    ) {
        guard !slabTasks.contains(where: { $0.purpose == purpose }) else { return }
        slabTasks.append(SlabTask(purpose: purpose, job: SlabJob(kind), finished: finished))
    }

    /// Goes on with what is in hand, for a moment.
    func workOnSlabs() {
        let sharing = sharing
        let end = MonotonicClock.nanoseconds() + Self.slabTurnNanoseconds
        while !slabTasks.isEmpty {
            let now = MonotonicClock.nanoseconds()
            if now >= end { return }
            slabTasks[0].job.advance(sharing, now: Tick.of(nanoseconds: now))
            guard slabTasks[0].job.isDone else { continue }
            let task = slabTasks.removeFirst()
            task.finished(self, task.job)
            if !pendingEvents.isEmpty { handle(.tick) }
        }
    }
}
