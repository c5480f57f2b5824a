internal import Fleet
internal import FlowLayout
import Glibc
internal import Kernel

extension FleetShell {
    /// Starts the process of an instance, or adopts one that runs already.
    func start(_ identifier: InstanceIdentifier, binary: String?) {
        if let process = processes[identifier], process.ended() == nil {
            // Adopted: the machine waits for the event that it serves.
            awaited.insert(identifier)
            return
        }
        let lockPath = directory.instanceLockPath(identifier)
        if let found = InstanceProcessHandle.adopt(lockPath: lockPath) {
            processes[identifier] = found
            awaited.insert(identifier)
            log.info("adopted instance \(identifier)", ["pid": "\(found.identity.identifier)"])
            return
        }
        do throws(SystemError) {
            let started = try InstanceProcessHandle.start(
                gateway: gateway, identifier: identifier, binary: binary, lockPath: lockPath)
            processes[identifier] = started
            awaited.insert(identifier)
            log.info("started instance \(identifier)", ["pid": "\(started.identity.identifier)"])
        } catch {
            pendingEvents.append(.exited(identifier, .couldNotStart("\(error)")))
        }
    }

    func endProcess(_ identifier: InstanceIdentifier, kill: Bool) {
        guard let process = processes[identifier] else {
            return pendingEvents.append(.exited(identifier, .missing))
        }
        // A process that was stopped (SIGSTOP) would see SIGTERM only after SIGCONT. SIGKILL needs none.
        process.send(kill ? SIGKILL : SIGTERM)
    }

    /// Reaps processes that have ended, and notices those that have begun to serve.
    func checkProcesses() {
        for (identifier, process) in processes.sorted(by: { $0.key < $1.key }) {
            if let end = process.ended() {
                processes[identifier] = nil
                awaited.remove(identifier)
                log.info(
                    "instance \(identifier) has ended", ["pid": "\(process.identity.identifier)", "how": end.text])
                handle(.exited(identifier, end))
            } else if awaited.contains(identifier), process.hasBegun(record(identifier)) {
                awaited.remove(identifier)
                handle(.serving(identifier))
            }
        }
    }

    /// Adopts the living processes that an earlier controller started.
    func adoptProcesses() {
        for identifier in FleetMachine.identifiers where processes[identifier] == nil {
            guard let found = InstanceProcessHandle.adopt(lockPath: directory.instanceLockPath(identifier)) else {
                continue
            }
            processes[identifier] = found
            found.send(InstanceSignal.settingsChanged)
            log.info("adopted instance \(identifier)", ["pid": "\(found.identity.identifier)"])
        }
    }

    /// Ends all instances at once, when the gateway is stopped.
    func shutDown(patienceNanoseconds: UInt64) {
        for process in processes.values {
            process.send(SIGTERM)
            // It may have been stopped (SIGSTOP).
            process.send(SIGCONT)
        }
        let deadline = MonotonicClock.nanoseconds() + patienceNanoseconds
        var isKilled = false
        while processes.values.contains(where: { $0.ended() == nil }) {
            if !isKilled, MonotonicClock.nanoseconds() >= deadline {
                for process in processes.values { process.send(SIGKILL) }
                isKilled = true
            }
            usleep(5_000)
        }
        processes.removeAll()
    }

    /// Makes the instances read their settings again.
    func announceSettings() {
        for process in processes.values { process.send(InstanceSignal.settingsChanged) }
    }
}
