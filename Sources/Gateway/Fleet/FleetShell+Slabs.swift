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

    /// Measures what the autoscaler goes by (SCALE-1, SCALE-3). The machine gets it when all slabs are counted.
    func measure() {
        begin(.count(longLivedTicks: longLivedTicks), for: .measuring) { shell, job in shell.measured(job) }
    }

    private func measured(_ job: SlabJob) {
        let now = MonotonicClock.nanoseconds()
        let loads = meter.sample(processes: processes.mapValues(\.identity.identifier), now: now)
        measurements = machine.view.instances.map { instance in
            let load = loads[instance.identifier] ?? InstanceLoad()
            return InstanceMeasurement(
                identifier: instance.identifier, cpu: load.processors, bitsPerSecond: load.bitsPerSecond,
                sessions: job.counts[instance.identifier]?.live ?? 0,
                longLivedSessions: job.longLived[instance.identifier] ?? 0)
        }
        sessions = job.counts.values.reduce(0) { $0 + $1.live + $1.tombstones }
        let used = job.counts.values.reduce(0) { $0 + $1.live + $1.tombstones + $1.closed }
        pendingEvents.append(
            .measured(
                FleetMeasurement(instances: measurements, tableSessions: used, tableCapacity: datapath.table.slotCount))
        )
    }

    /// Sessions older than a drain lasts are those that a leaving instance would hurt.
    private var longLivedTicks: UInt32 {
        let drain = machine.settings.drain
        return Tick.covering(nanoseconds: max(drain.refuse + drain.reset, 1_000_000_000))
    }
}
