internal import FlowLayout
import Glibc
internal import Kernel
internal import Policy

extension RunningGateway {
    /// Goes on with the instance process that is there, if it answers; else starts one.
    func startOrAdoptInstance() throws(GatewayError) {
        let now = MonotonicClock.nanoseconds()
        let lockPath = directory.instanceLockPath(instanceIdentifier)
        if let found = InstanceProcessHandle.adopt(record: instanceRecord, lockPath: lockPath) {
            let heartbeat = sluice_load64(&instanceRecord.pointee.heartbeatNanoseconds)
            if now < heartbeat + InstanceSupervision.heartbeatLimitNanoseconds {
                instance = found
                supervision.adopted(now: now)
                found.send(InstanceSignal.settingsChanged)
                tell(.instanceAdopted(instanceIdentifier, process: found.identity.identifier))
                log.info("adopted instance \(instanceIdentifier)", ["pid": "\(found.identity.identifier)"])
                return
            }
            log.warning(
                "instance \(instanceIdentifier) does not answer: replacing it", ["pid": "\(found.identity.identifier)"])
            found.end(patienceNanoseconds: 0)
            tell(
                .instanceKilled(
                    instanceIdentifier, process: found.identity.identifier,
                    silentNanoseconds: now > heartbeat ? now - heartbeat : 0))
        }
        do throws(SystemError) {
            try startInstance(now: now)
        } catch {
            throw GatewayError(error)
        }
    }

    private func startInstance(now: UInt64) throws(SystemError) {
        supervision.startFailed(now: now)
        let started = try InstanceProcessHandle.start(
            gateway: configuration.gateway, identifier: instanceIdentifier)
        instance = started
        supervision.started(now: now)
        tell(.instanceStarted(instanceIdentifier, process: started.identity.identifier))
        log.info("started instance \(instanceIdentifier)", ["pid": "\(started.identity.identifier)"])
    }

    /// Looks after the instance process: buries it, kills it, starts it again.
    func superviseInstance(now: UInt64) {
        let subject = "instance \(instanceIdentifier)"
        if let current = instance, !current.isAlive() {
            log.warning("\(subject) has ended: starting it again", ["pid": "\(current.identity.identifier)"])
            tell(.instanceEnded(instanceIdentifier, process: current.identity.identifier))
            instance = nil
            supervision.ended()
        }
        let heartbeat = sluice_load64(&instanceRecord.pointee.heartbeatNanoseconds)
        switch supervision.tick(now: now, heartbeat: heartbeat) {
        case .none:
            if instance != nil, heartbeat + InstanceSupervision.heartbeatLimitNanoseconds > now { report(subject, nil) }
        case .start:
            do throws(SystemError) {
                try startInstance(now: now)
            } catch {
                tell(.instanceStartFailed(instanceIdentifier, reason: "\(error)"))
                report(subject, "\(subject) can't be started: \(error)")
            }
        case .kill(let silentFor):
            report(subject, "\(subject) has not answered for \(silentFor / 1_000_000) ms: replacing it")
            tell(
                .instanceKilled(
                    instanceIdentifier, process: instance?.identity.identifier, silentNanoseconds: silentFor))
            instance?.send(SIGKILL)
        }
    }
}
