internal import Fleet
internal import FlowCore
internal import FlowLayout
internal import Kernel

extension FleetShell {
    /// Between two looks at signs of life: well within the quarter of the time between two questions that ``Liveness`` allows for.
    private static let lookNanoseconds: UInt64 = 100_000_000
    /// While a process, or a check, is awaited.
    private static let impatientNanoseconds: UInt64 = 10_000_000
    private static let wallClockNanoseconds: UInt64 = 20_000_000_000

    /// When ``turn(now:)`` is due at the latest.
    func nextTurn(now: UInt64) -> UInt64 {
        var next = lastLook + Self.lookNanoseconds
        if machine.view.instances.contains(where: \.state.isDraining) { next = min(next, lastCount + countNanoseconds) }
        if !slabTasks.isEmpty { return now }
        // The end of a process that an earlier controller has started is not signalled.
        let isRenewing = machine.view.renewal?.current != nil
        if isRenewing || !awaited.isEmpty || binaryCheck != nil || replacement.isRunning {
            next = now + Self.impatientNanoseconds
        }
        return min(next, machine.nextTimer)
    }

    /// Looks at everything that changes by itself, and lets the machine's timers come.
    func turn(now: UInt64) {
        lookAtProcesses()
        finishBinaryCheck()
        finishReplacement(now: now)
        replaceOutdatedProgram()
        let timerIsDue = now >= machine.nextTimer
        if timerIsDue || now >= lastLook + Self.lookNanoseconds {
            lastLook = now
            lookForLife()
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

    /// The loop was away for so long: the programs that it waits for may have been, too.
    func wasAway(nanoseconds: UInt64) {
        binaryCheck?.wasAway(nanoseconds: nanoseconds)
        replacement.deadline += nanoseconds
    }

    private func lookForLife() {
        for identifier in processes.keys.sorted() {
            let record = record(identifier)
            handle(
                .seen(
                    identifier, heartbeat: sluice_load64(&record.pointee.heartbeatNanoseconds),
                    answered: UInt32(truncatingIfNeeded: sluice_load64(&record.pointee.answeredNumber))))
        }
    }

    /// Between two counts of what is left of an instance that drains: a second, or a ninetieth of a drain that is faster.
    private var countNanoseconds: UInt64 {
        let drain = machine.settings.drain
        return min(max((drain.refuse + drain.reset) / 90, 20_000_000), 1_000_000_000)
    }

    private func countWhatDrains() {
        let draining = Set(machine.view.instances.filter(\.state.isDraining).map(\.identifier))
        guard !draining.isEmpty else { return }
        begin(.count(longLivedTicks: nil), for: .draining) { shell, job in
            // One whose drain has begun since may have been counted before its last session came.
            for instance in shell.machine.view.instances
            where instance.state.isDraining && draining.contains(instance.identifier) {
                let left = job.counts[instance.identifier] ?? InstanceSessions()
                shell.pendingEvents.append(
                    .sessionsLeft(instance.identifier, live: left.live, tombstones: left.tombstones))
            }
        }
    }
}
