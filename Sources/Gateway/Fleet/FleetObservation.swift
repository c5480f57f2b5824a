internal import Fleet
internal import FlowLayout
internal import Kernel

/// Observes the state of the fleet when a controller starts: processes by their locks, slabs and records by the pinned maps (RECOV-3).
enum FleetObservation {
    static func observe(_ datapath: Datapath, _ directory: RunDirectory) -> ObservedFleet {
        let sharing = SlabSharing(table: datapath.table.seen(by: SlabSharing.pool))
        var slabs: [UInt16: Int] = [:]
        for slab in 0..<datapath.table.slabCount { slabs[sharing.owner(of: slab), default: 0] += 1 }
        let own = ProgramFile.own
        var fleet = ObservedFleet(program: own?.description ?? "")
        for identifier in FleetMachine.identifiers {
            let record = datapath.table.instances + Int(identifier)
            let state = InstanceState(recordValue: sluice_load32(&record.pointee.state))
            let process = InstanceProcessHandle.adopt(lockPath: directory.instanceLockPath(identifier))
            let isAlive = process != nil
            // If one of the two is unknown, the instance does not count as outdated.
            let program = process.flatMap { ProgramFile(of: $0.identity.identifier) }
            let count = slabs[identifier] ?? 0
            guard isAlive || count > 0 || (state ?? .stopped) != .stopped else { continue }
            fleet.instances.append(
                ObservedInstance(
                    identifier: identifier, isAlive: isAlive, state: state, slabs: count,
                    answered: UInt32(truncatingIfNeeded: sluice_load64(&record.pointee.answeredNumber)),
                    isOutdated: own != nil && program != nil && program != own))
        }
        return fleet
    }
}
