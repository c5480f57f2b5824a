internal import Fleet
internal import FlowCore
internal import Kernel

extension FleetShell {
    /// What the autoscaler goes by (SCALE-1, SCALE-3). The machine is told when all slabs are counted.
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
                FleetMeasurement(instances: measurements, tableSessions: used, tableCapacity: datapath.slotCount)))
    }

    /// Sessions older than a drain lasts are those that a leaving instance would hurt.
    private var longLivedTicks: UInt32 {
        let drain = machine.settings.drain
        return Tick.covering(nanoseconds: max(drain.refuse + drain.reset, 1_000_000_000))
    }
}
