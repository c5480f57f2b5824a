internal import Fleet
internal import FlowCore
internal import Kernel

extension FleetShell {
    /// The purpose of a pass over the slabs. There is at most one pass for each purpose.
    enum SlabPurpose: Hashable {
        case measuring, draining, binaryCheck
        /// An instance's slabs are moved, or its sessions discarded.
        case emptying(InstanceIdentifier)
    }

    /// A pass over the slabs in the loop's queue.
    struct SlabTask {
        let purpose: SlabPurpose
        var job: SlabJob
        /// Called once, when the job is done.
        let finished: (FleetShell, SlabJob) -> Void
    }

    /// Time that one iteration of the loop spends on slabs.
    private static let slabPieceNanoseconds: UInt64 = 10_000_000

    /// Queues an operation on all slabs. The order is kept, so that no slab is given to an instance after that instance's own slabs were
    /// moved. An operation that is queued already is not queued twice.
    func begin(
        _ kind: SlabJob.Kind, for purpose: SlabPurpose, finished: @escaping (FleetShell, SlabJob) -> Void
    ) {
        guard !slabTasks.contains(where: { $0.purpose == purpose }) else { return }
        slabTasks.append(SlabTask(purpose: purpose, job: SlabJob(kind), finished: finished))
    }

    /// Continues the work in the queue, for at most ``slabPieceNanoseconds``.
    func workOnSlabs() {
        let sharing = sharing
        let end = MonotonicClock.nanoseconds() + Self.slabPieceNanoseconds
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

    /// Takes the measurements for the autoscaler (SCALE-1, SCALE-3). The machine gets them when all slabs have been counted.
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

    /// The duration of a drain. A scale-in harms sessions that are older, because they rarely end during the drain.
    private var longLivedTicks: UInt32 {
        let drain = machine.settings.drain
        return Tick.covering(nanoseconds: max(drain.refuse + drain.reset, 1_000_000_000))
    }
}
