internal import Fleet
internal import FlowCore
internal import FlowLayout
import Glibc
internal import Kernel

extension FleetShell {
    func carryOut(_ directive: FleetDirective) {
        log.debug("fleet", ["directive": "\(directive)"])
        switch directive {
        case .start(let identifier, let binary): start(identifier, binary: binary)
        case .steer(let identifiers, let first):
            // First the mask: a leaving instance gets no sessions from here on, whatever the table contains.
            orders.setServing(identifiers)
            SteeringMemory(entries: datapath.table.steering).write(Steering.entries(for: first))
        // This state is written together with its window, by `resetAll`. Otherwise an instance could see the state without the window.
        case .setState(_, .drainingReset): break
        case .setState(let identifier, let state):
            orders.setState(of: identifier, state)
            // A killed process could not write that it is gone.
            if state == .stopped {
                sluice_store32(&record(identifier).pointee.processIdentifier, 0)
                EventRing.remove(datapath: datapath, instance: identifier)
            }
        case .resetAll(let identifier, let within):
            orders.setState(of: identifier, .drainingReset, drainWindowNanoseconds: within)
        case .repeatResets(let identifier): orders.orderRepeatedResets(of: identifier)
        case .endProcess(let identifier, let kill): endProcess(identifier, kill: kill)
        case .moveSlabs(let identifier, let others):
            begin(.move(from: identifier, to: others), for: .emptying(identifier)) { shell, job in
                shell.pendingEvents.append(.emptied(identifier, sessions: job.move.sessions))
            }
        case .discardSessions(let identifier, let reason):
            begin(.discard(of: identifier, reason: EndReason(reason)), for: .emptying(identifier)) { shell, job in
                shell.pendingEvents.append(.emptied(identifier, sessions: job.discarded))
            }
        case .ask(let identifiers, let number):
            for identifier in identifiers { sluice_store64(&record(identifier).pointee.askedNumber, UInt64(number)) }
        case .measure: measure()
        case .checkBinary(let binary): check(binary)
        case .record(let change): report(change)
        case .accept(let command, let text): surroundings?.answer(command, granted: true, text)
        case .refuse(let command, let text): surroundings?.answer(command, granted: false, text)
        }
    }

    private func report(_ change: FleetChange) {
        let subject = change.instance.map { "instance \($0)" } ?? "fleet"
        let details = change.details.sorted { $0.key < $1.key }.map { "\($0.key)=\(FleetHistory.text($0.value))" }
        log.notice(
            "\(subject): \(change.kind.rawValue)", ["cause": change.cause, "details": details.joined(separator: ",")])
        switch change.kind {
        case .scaleOut: datapath.table.runtime.pointee.scaleOuts &+= 1
        case .scaleIn: datapath.table.runtime.pointee.scaleIns &+= 1
        default: break
        }
        if change.kind == .maintenanceCompleted { replaceProgramAfterMaintenance() }
    }

    private func check(_ binary: String?) {
        guard let binary else { return pendingEvents.append(.binaryChecked(binary: nil, problem: nil)) }
        begin(.count(longLivedTicks: nil), for: .binaryCheck) { shell, job in
            let live = job.counts.values.reduce(0) { $0 + $1.live }
            shell.binaryCheck = BinaryCheck.start(binary, liveSessions: live, now: MonotonicClock.nanoseconds())
            shell.finishBinaryCheck()
        }
    }

    /// Takes the result of a binary's check, if there is one.
    func finishBinaryCheck() {
        guard let check = binaryCheck, let outcome = check.outcome(now: MonotonicClock.nanoseconds()) else { return }
        binaryCheck = nil
        pendingEvents.append(.binaryChecked(binary: check.binary, problem: outcome.problem))
    }
}

extension EndReason {
    fileprivate init(_ reason: DiscardReason) {
        switch reason {
        case .drained, .stopped: self = .drained
        case .instanceLost: self = .instanceLost
        }
    }
}
