import Fleet

/// The kernel and the pinned memory, which outlive every process: steering, slabs with their owners, sessions, instance
/// records.
struct VirtualKernel {
    /// A range of slots with one owner; 0: the pool.
    struct Slab {
        var owner: InstanceIdentifier = 0
        var sessions: [Int] = []
    }

    /// The record of an instance, and the request that it was given.
    struct Record {
        var state = InstanceState.stopped
        var asked: UInt32 = 0
        /// Reset all sessions by this time.
        var resetAllBy: UInt64?
        var repeatsResets = false
    }

    enum Admission {
        case admitted(Int)
        /// No instance is steered to.
        case nobody
        case full
    }

    static let slabCount = 64
    static let slotsPerSlab = 32

    var slabs = [Slab](repeating: Slab(), count: VirtualKernel.slabCount)
    var records = [Record](repeating: Record(), count: 64)
    var sessions: [VirtualSession] = []
    var steering = Steering.entries(for: [])
    var steered: [InstanceIdentifier] = []

    /// Admits a new session into a slab of the instance that its hash is steered to, or of any other steered instance.
    mutating func admit(hash: UInt64, keepAlive: UInt64?, now: UInt64) -> (Admission, InstanceIdentifier) {
        let wanted = InstanceIdentifier(steering[Int(hash & UInt64(Steering.size - 1))])
        guard wanted != 0 else { return (.nobody, 0) }
        for candidate in [wanted] + steered {
            guard
                let slab = slabs.firstIndex(where: {
                    $0.owner == candidate && $0.sessions.count < VirtualKernel.slotsPerSlab
                })
            else { continue }
            let number = sessions.count
            sessions.append(
                VirtualSession(number: number, slab: slab, bornAt: now, keepAlive: keepAlive, lastActivity: now))
            slabs[slab].sessions.append(number)
            return (.admitted(number), candidate)
        }
        return (.full, wanted)
    }

    func slabs(of identifier: InstanceIdentifier) -> [Int] { slabs.indices.filter { slabs[$0].owner == identifier } }

    func sessions(of identifier: InstanceIdentifier) -> [Int] { slabs(of: identifier).flatMap { slabs[$0].sessions } }

    func owner(of session: Int) -> InstanceIdentifier { slabs[sessions[session].slab].owner }

    /// The remaining sessions and tombstones of an instance.
    func left(_ identifier: InstanceIdentifier) -> (live: Int, tombstones: Int) {
        let all = sessions(of: identifier)
        let live = all.count { sessions[$0].state == .live }
        return (live, all.count - live)
    }

    mutating func remove(_ session: Int) {
        guard sessions[session].state != .gone else { return }
        sessions[session].state = .gone
        slabs[sessions[session].slab].sessions.removeAll { $0 == session }
    }

    /// An instance takes a slab from the pool when it has few free slots.
    mutating func claim(for identifier: InstanceIdentifier) {
        let free = slabs(of: identifier).reduce(0) { $0 + VirtualKernel.slotsPerSlab - slabs[$1].sessions.count }
        guard free < VirtualKernel.slotsPerSlab / 2, let slab = slabs.firstIndex(where: { $0.owner == 0 }) else {
            return
        }
        slabs[slab].owner = identifier
    }

    var inUse: Int { slabs.reduce(0) { $0 + $1.sessions.count } }
}
