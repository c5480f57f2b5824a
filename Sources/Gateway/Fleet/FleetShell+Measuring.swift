internal import Fleet
internal import FlowCore
internal import Kernel

extension FleetShell {
    /// What the autoscaler goes by (SCALE-1, SCALE-3).
    func measure() {
        let now = MonotonicClock.nanoseconds()
        let loads = meter.sample(processes: processes.mapValues(\.identity.identifier), now: now)
        let counts = sharing.counts()
        let tick = Tick.of(nanoseconds: now)
        measurements = machine.view.instances.map { instance in
            let load = loads[instance.identifier] ?? InstanceLoad()
            return InstanceMeasurement(
                identifier: instance.identifier, cpu: load.processors, bitsPerSecond: load.bitsPerSecond,
                sessions: counts[instance.identifier]?.live ?? 0,
                longLivedSessions: sharing.longLivedSessions(
                    of: instance.identifier, olderThanTicks: longLivedTicks, now: tick))
        }
        sessions = counts.values.reduce(0) { $0 + $1.live + $1.tombstones }
        let used = counts.values.reduce(0) { $0 + $1.live + $1.tombstones + $1.closed }
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
