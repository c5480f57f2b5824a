/// Auto-recovery (RECOV-1): detects failed instances and replaces them.
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

    /// A needed instance has failed: it is killed, its sessions are handled when its process is gone, and a replacement
    /// starts at once.
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

    /// An instance did not start to serve: its process ended, or the start timed out.
    mutating func startFailed(_ identifier: InstanceIdentifier, end: ProcessEnd? = nil, startIsLate: Bool = false) {
        let why = end?.text ?? "did not serve within \(secondsText(settings.recovery.startTimeout))"
        record(.instanceFailed, identifier, cause: why)
        // The instance that it was to replace is still not replaced.
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

    /// Detects from the controller's own schedule that it did not run for so long that a healthy instance might look
    /// unresponsive: the controller or the whole machine was paused. All pending deadlines are extended by that time.
    mutating func noticeAbsence(since before: UInt64) {
        guard now > asksAt + Liveness.patience(settings.recovery) / 2 else { return }
        attendance.wasAway(from: before, until: now)
        for index in snapshot.instances.indices { snapshot.instances[index].deadline? += now - before }
    }

    /// Sends a question to all watched instances once a second, and requests a measurement every 10 s.
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

    /// The next time of a periodic action. After a delay of a whole period, the schedule starts again from now.
    private static func next(after due: UInt64, every interval: UInt64, now: UInt64) -> UInt64 {
        let next = due + max(interval, 1)
        return next > now ? next : now + max(interval, 1)
    }
}
