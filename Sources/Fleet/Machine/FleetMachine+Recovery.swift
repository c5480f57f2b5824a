/// Auto-recovery (RECOV-1): who lives, who doesn't, and what becomes of those.
extension FleetMachine {
    mutating func instanceSeen(_ identifier: InstanceIdentifier, heartbeat: UInt64, answered: UInt32) {
        guard let life = life(identifier), life.isWatched else { return }
        liveness[identifier, default: Liveness(now: now)].seen(heartbeat: heartbeat, answered: answered)
        guard now >= blamesFrom,
            let complaint = liveness[identifier]?.complaint(
                now: now, times: settings.recovery, attendance: attendance)
        else { return }
        lose(identifier, why: complaint, isProcessGone: false)
    }

    mutating func processEnded(_ identifier: InstanceIdentifier, _ end: ProcessEnd) {
        guard let life = life(identifier) else { return }
        switch life.state {
        case .stopped: break
        case .starting: startFailed(identifier, end: end)
        case .serving, .drainingRefuse, .drainingReset:
            if let renewal = life.renewal { return renewingProcessEnded(life, renewal, end) }
            lose(identifier, why: end.text, isProcessGone: true)
        case .ending, .unresponsive:
            update(identifier) {
                $0.isProcessGone = true
                $0.deadline = nil
            }
        }
    }

    /// An instance failed while it was needed: it is killed, what it had is seen to when it is gone, and another takes its place at once.
    mutating func lose(_ identifier: InstanceIdentifier, why: String, isProcessGone: Bool) {
        guard let failed = life(identifier) else { return }
        record(.instanceUnresponsive, identifier, cause: why, counts(identifier))
        move(identifier, to: .unresponsive, cause: why)
        update(identifier) { [now, settings] in
            $0.leaving = .failed
            $0.isProcessGone = isProcessGone
            $0.deadline = isProcessGone ? nil : now + settings.recovery.endGrace
        }
        liveness[identifier] = nil
        if !isProcessGone { directives.append(.endProcess(identifier, kill: true)) }
        replacementFailed(identifier, why: why)
        guard failed.state == .serving else { return }
        snapshot.lost.append(LostInstance(identifier: identifier, binary: failed.binary, failedAt: now))
    }

    /// An instance did not come to serve: its process ended, or time is up.
    mutating func startFailed(_ identifier: InstanceIdentifier, end: ProcessEnd? = nil, startIsLate: Bool = false) {
        let why = end?.text ?? "did not serve within \(secondsText(settings.recovery.startTimeout))"
        record(.instanceFailed, identifier, cause: why)
        // Whose place it should have taken still has nobody in it.
        if let recovers = life(identifier)?.recovers { snapshot.lost.insert(recovers, at: 0) }
        update(identifier) { [now, settings] in
            $0.leaving = .failed
            $0.deadline = startIsLate ? now + settings.recovery.endGrace : nil
            $0.isProcessGone = !startIsLate
        }
        move(identifier, to: .ending, cause: why)
        if startIsLate { directives.append(.endProcess(identifier, kill: true)) }
        retry.failed(times: settings.recovery, now: now)
        replacementFailed(identifier, why: why)
    }

    /// Notices by its own questions that nobody has turned to this machine for so long that a healthy instance might look silent: it
    /// was stopped itself, or the whole machine was. Then whoever was given time gets as much more.
    mutating func noticeAbsence(since before: UInt64) {
        guard now > asksAt + Liveness.patience(settings.recovery) / 2 else { return }
        attendance.wasAway(from: before, until: now)
        for index in snapshot.instances.indices { snapshot.instances[index].deadline? += now - before }
    }

    /// Asks all that must answer, once a second, and for a measurement every 10 s.
    mutating func askAndMeasure() {
        if now >= asksAt {
            asksAt = FleetMachine.next(after: asksAt, every: settings.recovery.questionInterval, now: now)
            let watched = snapshot.instances.filter(\.isWatched).map(\.identifier)
            if !watched.isEmpty {
                questionNumber &+= 1
                for identifier in watched {
                    liveness[identifier, default: Liveness(now: now)].asked(number: questionNumber, now: now)
                }
                directives.append(.ask(watched, number: questionNumber))
            }
        }
        if now >= measuresAt {
            measuresAt = FleetMachine.next(after: measuresAt, every: settings.scaling.sampleInterval, now: now)
            directives.append(.measure)
        }
    }

    /// The next time of a rhythm; one that was missed by a whole beat begins anew.
    private static func next(after due: UInt64, every interval: UInt64, now: UInt64) -> UInt64 {
        let next = due + max(interval, 1)
        return next > now ? next : now + max(interval, 1)
    }
}
