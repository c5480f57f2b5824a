internal import Fleet
internal import FlowCore
internal import FlowLayout
internal import Kernel

extension FleetShell {
    /// The interval of heartbeat checks. It is well below a quarter of the time between two questions, which ``Liveness`` allows for.
    private static let checkNanoseconds: UInt64 = 100_000_000
    /// The interval while the controller waits for a process or a check.
    private static let impatientNanoseconds: UInt64 = 10_000_000
    private static let wallClockNanoseconds: UInt64 = 20_000_000_000

    /// The latest time of the next ``turn(now:)``.
    func nextIteration(now: UInt64) -> UInt64 {
        var next = lastCheck + Self.checkNanoseconds
        if machine.view.instances.contains(where: \.state.isDraining) { next = min(next, lastCount + countNanoseconds) }
        if !slabTasks.isEmpty { return now }
        // No signal reports the end of a process that an earlier controller started.
        let isRenewing = machine.view.renewal?.current != nil
        if isRenewing || !awaited.isEmpty || binaryCheck != nil || replacement.isRunning {
            next = now + Self.impatientNanoseconds
        }
        return min(next, machine.nextTimer)
    }

    /// Checks everything that changes by itself, and runs the machine's timers.
    func iterate(now: UInt64) {
        checkProcesses()
        finishBinaryCheck()
        finishReplacement(now: now)
        replaceOutdatedProgram()
        let timerIsDue = now >= machine.nextTimer
        if timerIsDue || now >= lastCheck + Self.checkNanoseconds {
            lastCheck = now
            checkHeartbeats()
        }
        if now >= lastCount + countNanoseconds {
            lastCount = now
            countWhatDrains()
        }
        if now >= lastWallClock + Self.wallClockNanoseconds {
            lastWallClock = now
            handle(.wallClock(unixSeconds: WallTimeSource.seconds))
        }
        if timerIsDue || !pendingEvents.isEmpty { handle(.tick) }
        workOnSlabs()
    }

    /// The loop did not run for this time: the programs that it waits for may have been stopped too.
    func wasAway(nanoseconds: UInt64) {
        binaryCheck?.wasAway(nanoseconds: nanoseconds)
        replacement.deadline += nanoseconds
    }

    private func checkHeartbeats() {
        for identifier in processes.keys.sorted() {
            let record = record(identifier)
            handle(
                .seen(
                    identifier, heartbeat: sluice_load64(&record.pointee.heartbeatNanoseconds),
                    answered: UInt32(truncatingIfNeeded: sluice_load64(&record.pointee.answeredNumber))))
        }
    }

    /// The interval of counting a draining instance's sessions: a second, or a ninetieth of the drain if that is shorter.
    private var countNanoseconds: UInt64 {
        let drain = machine.settings.drain
        return min(max((drain.refuse + drain.reset) / 90, 20_000_000), 1_000_000_000)
    }

    private func countWhatDrains() {
        let draining = Set(machine.view.instances.filter(\.state.isDraining).map(\.identifier))
        guard !draining.isEmpty else { return }
        begin(.count(longLivedTicks: nil), for: .draining) { shell, job in
            // If its drain began after the count did, the count may miss its last sessions.
            for instance in shell.machine.view.instances
            where instance.state.isDraining && draining.contains(instance.identifier) {
                let left = job.counts[instance.identifier] ?? InstanceSessions()
                shell.pendingEvents.append(
                    .sessionsLeft(instance.identifier, live: left.live, tombstones: left.tombstones))
            }
        }
    }
}
