import Fleet

/// A drain that is in progress.
struct DrainWatch {
    var began: UInt64
    var downtimeBefore: UInt64
    /// Its process stalled or died, an operator stopped it, or its start time was lost: its deadlines can't be checked
    /// to the second.
    var isDisturbed = false
    var resetsAt: UInt64?
}

/// An instance that no longer proves that it is alive.
struct FailureWatch {
    let serial: Int
    let identifier: InstanceIdentifier
    let at: UInt64
    let downtimeBefore: UInt64
}

/// Checks of deadlines: DRAIN-1 to DRAIN-4, RECOV-1.
extension Checks {
    // MARK: - The controller

    mutating func controllerDied(now: UInt64) { downtime.begin(now: now) }
    mutating func controllerStarted(now: UInt64) {
        downtime.end(now: now)
        controllerStartedAt = now
    }

    /// Neither controller nor instances ran for a while. A delay of the same length is excused.
    mutating func paused(from now: UInt64, for duration: UInt64) {
        downtime.add(duration)
        pauses.append((now, now + duration))
        for identifier in drains.keys { drains[identifier]?.isDisturbed = true }
    }

    /// The start times of drains are lost: the drains start again.
    mutating func snapshotLost(now: UInt64) {
        renewalsDisturbed()
        for identifier in drains.keys { drains[identifier]?.isDisturbed = true }
    }

    // MARK: - Drains

    mutating func drainDisturbed(_ identifier: InstanceIdentifier) { drains[identifier]?.isDisturbed = true }

    mutating func stateChanges(
        _ identifier: InstanceIdentifier, from: InstanceState, to: InstanceState, now: UInt64
    ) {
        if to == .ending || to == .stopped || to == .unresponsive { failures.removeAll { $0.identifier == identifier } }
        switch to {
        case .drainingRefuse where from != .drainingRefuse:
            drains[identifier] = DrainWatch(began: now, downtimeBefore: downtime.total(now: now))
        case .ending where from.isDraining: drainEnds(identifier, now: now)
        case .serving, .unresponsive: drains[identifier] = nil
        case .starting, .stopped, .drainingRefuse, .drainingReset, .ending: break
        }
    }

    mutating func resetsOrdered(_ identifier: InstanceIdentifier, now: UInt64) {
        guard let watch = drains[identifier], !watch.isDisturbed else { return }
        let due = watch.began + scenario.settings.drain.refuse
        if now < due {
            fail("instance \(identifier) is asked to reset \((due - now) / 1_000_000) ms before its refusing half ends")
        }
        guard watch.resetsAt == nil else { return }
        drains[identifier]?.resetsAt = now
        judge("the resets of instance \(identifier)", due: due, watch, now: now)
    }

    private mutating func drainEnds(_ identifier: InstanceIdentifier, now: UInt64) {
        guard let watch = drains[identifier], !watch.isDisturbed else { return }
        let times = scenario.settings.drain
        let due = watch.began + times.refuse + times.reset
        if times.reset > 0, now >= due, watch.resetsAt == nil {
            return fail("instance \(identifier) is recycled, and never reset its sessions")
        }
        // After a long absence the ends get the whole reset half.
        let isLate = watch.resetsAt.map { $0 >= watch.began + times.refuse + times.reset / 9 } ?? false
        judge("the end of instance \(identifier)'s drain", due: isLate ? due + times.reset : due, watch, now: now)
    }

    /// A drain that ends early must have no sessions left.
    mutating func drainEndsEarly(_ identifier: InstanceIdentifier, left: Int, now: UInt64) {
        guard let watch = drains[identifier], !watch.isDisturbed, left > 0 else { return }
        let times = scenario.settings.drain
        let due = watch.began + times.refuse + times.reset
        if now < due {
            fail(
                "instance \(identifier) is ended \((due - now) / 1_000_000) ms before its drain ends, with \(left) sessions"
            )
        }
    }

    private mutating func judge(_ what: String, due: UInt64, _ watch: DrainWatch, now: UInt64) {
        let away = downtime.total(now: now) - watch.downtimeBefore
        if now > due + slack + away { fail("\(what) came \((now - due) / 1_000_000) ms late") }
    }

    // MARK: - Recovery

    /// A shorter pause of the machine need not be noticed: no healthy instance can fail because of it.
    static let shortestPause: UInt64 = 3 * .second

    mutating func failed(_ serial: Int, _ identifier: InstanceIdentifier, duration: UInt64, now: UInt64) {
        failures.append(
            FailureWatch(serial: serial, identifier: identifier, at: now, downtimeBefore: downtime.total(now: now)))
    }

    mutating func failureEnded(_ serial: Int, now: UInt64) { failures.removeAll { $0.serial == serial } }

    /// Only an instance without a heartbeat may be found unresponsive.
    mutating func foundUnresponsive(_ identifier: InstanceIdentifier, process: VirtualProcess?, now: UInt64) {
        guard let process else { return }
        // Answers are checked a second earlier than heartbeats, and a heartbeat can be half a second old. While the
        // whole machine was paused, no instance could send a heartbeat. An instance that had already failed may be
        // detected earlier because of a short pause, or one that no controller saw. A healthy instance must never be.
        let paused = pauses.filter { pause in
            guard pause.from >= process.heartbeat else { return false }
            return !process.isStalled
                || (pause.from >= controllerStartedAt && pause.until - pause.from >= Checks.shortestPause)
        }
        .reduce(0) { $0 + $1.until - $1.from }
        let silence = now - process.heartbeat - paused
        if silence + 2 * .second < scenario.settings.recovery.unresponsiveAfter {
            fail(
                "instance \(identifier) is reported as unresponsive, but its last heartbeat was \(silence / 1_000_000) ms ago"
            )
        }
    }

    /// A failed instance is detected within 5 s.
    mutating func overdueFailures(now: UInt64) {
        guard let watch = failures.first else { return }
        let away = downtime.total(now: now) - watch.downtimeBefore
        let due = watch.at + scenario.settings.recovery.unresponsiveAfter
        // A controller that has just started watches for a whole period first.
        let grace = away > 0 ? scenario.settings.recovery.unresponsiveAfter : 0
        if now > due + slack + away + grace {
            fail(
                "instance \(watch.identifier) has been dead for \((now - watch.at) / 1_000_000) ms, and was not detected"
            )
        }
    }
}
