import Fleet

/// The processes of instances: heartbeats, answers, ageing, resets, stalls and deaths.
extension Simulation {
    static let iterationNanoseconds: UInt64 = 500_000_000
    /// Sessions that are idle for this long are ended by their owner.
    static let idleTimeout: UInt64 = 240 * .second

    func process(_ identifier: InstanceIdentifier) -> VirtualProcess? {
        processes.first { $0.identifier == identifier }
    }

    private func index(_ serial: Int) -> Int? { processes.firstIndex { $0.serial == serial } }

    mutating func startProcess(_ identifier: InstanceIdentifier, binary: String?) {
        if let running = process(identifier) { return checks.startedBeside(running) }
        if let view = controller?.view { checks.started(view) }
        guard isQuiet || !random.chance(scenario.failingStarts) else {
            agenda.add(.startFails(identifier, life: controllerLife), at: now + random.milliseconds(10...300))
            return checks.renewalDisturbed(identifier)
        }
        let readyAt = now + random.milliseconds(100...1_500)
        let process = VirtualProcess(
            identifier: identifier, serial: nextSerial, binary: binary, program: program, readyAt: readyAt,
            heartbeat: now)
        nextSerial += 1
        processes.append(process)
        agenda.add(.processIterates(serial: process.serial), at: now + random.milliseconds(1...500))
        agenda.add(.processIsReady(serial: process.serial), at: readyAt)
    }

    mutating func processIsReady(_ serial: Int) {
        guard let index = index(serial), !processes[index].isStalled else { return }
        deliver(.serving(processes[index].identifier))
    }

    mutating func processIterates(_ serial: Int) {
        guard let index = index(serial) else { return }
        agenda.add(.processIterates(serial: serial), at: now + Simulation.iterationNanoseconds)
        guard !processes[index].isStalled else { return }
        let identifier = processes[index].identifier
        processes[index].heartbeat = now
        processes[index].answered = kernel.records[Int(identifier)].asked
        guard processes[index].isReady(now) else { return }
        if kernel.records[Int(identifier)].state == .serving { kernel.claim(for: identifier) }
        age(identifier)
        reset(identifier)
        beginCount(index)
    }

    private mutating func age(_ identifier: InstanceIdentifier) {
        for session in kernel.sessions(of: identifier)
        where kernel.sessions[session].state == .live
            && now >= kernel.sessions[session].lastActivity + Simulation.idleTimeout
        {
            kernel.remove(session)
        }
    }

    /// Carries out a request to reset all sessions, paced, and to repeat.
    private mutating func reset(_ identifier: InstanceIdentifier) {
        let record = kernel.records[Int(identifier)]
        if let deadline = record.resetAllBy {
            let live = kernel.sessions(of: identifier).filter { kernel.sessions[$0].state == .live }
            let iterations = max(Int((max(deadline, now) - now) / Simulation.iterationNanoseconds), 1)
            for session in live.prefix((live.count + iterations - 1) / iterations) {
                kernel.sessions[session].state = .tombstone
                // The first pair of RSTs may be lost.
                sendResets(session, lossPercent: 30)
            }
        }
        guard record.repeatsResets else { return }
        kernel.records[Int(identifier)].repeatsResets = false
        for session in kernel.sessions(of: identifier)
        where kernel.sessions[session].state == .tombstone && kernel.sessions[session].hasSpokenSinceReset {
            sendResets(session, lossPercent: 0)
        }
    }

    private mutating func sendResets(_ session: Int, lossPercent: Int) {
        report.counts.resets += 1
        checks.resetSent()
        kernel.sessions[session].hasSpokenSinceReset = false
        if !random.chance(lossPercent) { kernel.sessions[session].clientIsAware = true }
        if !random.chance(lossPercent) { kernel.sessions[session].serverIsAware = true }
    }

    // MARK: - Ends of processes

    mutating func endProcess(_ identifier: InstanceIdentifier, kill: Bool) {
        guard let index = processes.firstIndex(where: { $0.identifier == identifier }) else { return }
        // Only an instance that is being renewed serves while its process is asked to end.
        if !kill, state(identifier) == .serving { checks.renewalBegins(identifier) }
        processes[index].isSignalled = true
        let serial = processes[index].serial
        if kill {
            agenda.add(.processEnds(serial: serial, .signalled(9)), at: now + random.milliseconds(1...5))
        } else if !processes[index].isStalled, isQuiet || !random.chance(3) {
            agenda.add(.processEnds(serial: serial, .exited(status: 0)), at: now + random.milliseconds(5...100))
        }
    }

    mutating func processEnds(_ serial: Int, _ end: ProcessEnd) {
        guard let index = index(serial) else { return }
        let process = processes.remove(at: index)
        checks.failureEnded(serial, now: now)
        trace("instance \(process.identifier) \(end.text)")
        deliver(.exited(process.identifier, end))
    }

    mutating func stall(_ index: Int, for duration: UInt64) {
        guard !processes[index].isStalled else { return }
        processes[index].isStalled = true
        let identifier = processes[index].identifier
        trace("instance \(identifier) stalls for \(duration / 1_000_000) ms")
        agenda.add(.stallEnds(serial: processes[index].serial), at: now + duration)
        checks.drainDisturbed(identifier)
        checks.renewalDisturbed(identifier)
        // An instance that does not serve yet has its own start timeout.
        if kernel.records[Int(identifier)].state.isWatched, processes[index].isReady(now) {
            checks.failed(processes[index].serial, identifier, duration: duration, now: now)
        }
    }

    mutating func stallEnds(_ serial: Int) {
        checks.failureEnded(serial, now: now)
        guard let index = index(serial) else { return }
        processes[index].isStalled = false
        if processes[index].isSignalled {
            agenda.add(.processEnds(serial: serial, .exited(status: 0)), at: now + random.milliseconds(5...100))
        } else if processes[index].isReady(now) {
            deliver(.serving(processes[index].identifier))
        }
    }
}
