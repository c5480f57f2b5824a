import Fleet

/// Half-open sessions and their tally, as the kernel program and the owners of slabs make it (FlowCore.HalfOpenTally). They have slabs of
/// their own here, which change hands by the same directives as those of ``VirtualKernel``.
struct VirtualHandshakes {
    struct Session: Equatable {
        let number: Int
        let bornAt: UInt64
    }

    struct Slab {
        /// 0: the pool.
        var owner: InstanceIdentifier = 0
        /// Those that are half-open, whatever any counter says.
        var halfOpen: [Session] = []
        /// A session began in it whose slot nobody has given back: an instance claims such a slab from the pool. A slot is given back after a
        /// count that found nothing of its session any more.
        var isInUse = false
        // The kernel counts what begins and what leaves by a packet; the owner adds what it has found.
        var begun = 0
        var left = 0
        var offset = 0
    }

    static let slabCount = 16

    var slabs = [Slab](repeating: Slab(), count: VirtualHandshakes.slabCount)
    /// All slabs' begun less their left.
    var changes = 0
    /// The sum of the slabs' offsets, as whoever counted last has it.
    var offset = 0
    /// When something last changed that a count may have seen by half.
    private(set) var changedAt: UInt64 = 0
    private var nextNumber = 0

    /// What admission goes by.
    var estimate: Int { changes - offset }
    /// What is true.
    var count: Int { slabs.reduce(0) { $0 + $1.halfOpen.count } }

    func slabs(of identifier: InstanceIdentifier) -> [Int] { slabs.indices.filter { slabs[$0].owner == identifier } }

    // MARK: - The kernel, which can't be killed within a packet

    /// A SYN that is admitted; returns its number.
    mutating func begin(in slab: Int, now: UInt64) -> Int {
        nextNumber += 1
        slabs[slab].halfOpen.append(Session(number: nextNumber, bornAt: now))
        slabs[slab].begun += 1
        slabs[slab].isInUse = true
        changes += 1
        changedAt = now
        return nextNumber
    }

    /// The handshake is completed, if nobody has ended the session before.
    mutating func complete(_ number: Int, now: UInt64) {
        for slab in slabs.indices {
            guard let index = slabs[slab].halfOpen.firstIndex(where: { $0.number == number }) else { continue }
            slabs[slab].halfOpen.remove(at: index)
            slabs[slab].left += 1
            changes -= 1
            changedAt = now
        }
    }

    // MARK: - Processes

    /// An owner, or the controller, ends sessions by their control words; nothing is counted. Returns how many.
    mutating func end(in slab: Int, now: UInt64, where isDue: (Session) -> Bool) -> Int {
        let before = slabs[slab].halfOpen.count
        slabs[slab].halfOpen.removeAll(where: isDue)
        let ended = before - slabs[slab].halfOpen.count
        if ended > 0 { changedAt = now }
        return ended
    }

    /// An instance takes what nobody looks after, and a slab of its own where it has none.
    mutating func claim(for identifier: InstanceIdentifier) {
        for slab in slabs.indices where slabs[slab].owner == 0 {
            let isAbandoned = slabs[slab].isInUse || !slabs[slab].halfOpen.isEmpty
            if isAbandoned || slabs(of: identifier).count < 2 { slabs[slab].owner = identifier }
        }
    }

    mutating func move(from source: InstanceIdentifier, to heirs: [InstanceIdentifier]) {
        guard !heirs.isEmpty else { return }
        for (index, slab) in slabs(of: source).enumerated() { slabs[slab].owner = heirs[index % heirs.count] }
    }
}

/// A process's count of its slabs: what it holds between two steps dies with it.
struct HalfOpenCounting {
    enum Step { case readBegun, countSome, countRest, writeOffsets, writeSum }

    var step = Step.readBegun
    var slabs: [Int] = []
    /// By slab, as they were found.
    var begun: [Int] = []
    var left: [Int] = []
    var counted: [Int] = []
    /// A tally that is restored by value: what it was before the count, and what the process has ended and not yet subtracted.
    var before = 0
    var owed = 0
}

/// How the tally of half-open sessions is made.
package enum HalfOpenTallying: Sendable {
    /// Each pass of each owner counts anew, and what is published is what was counted.
    case countedAnew
    /// A mistake: one number, which processes subtract from, and which a process that starts replaces by what it has counted if it is still
    /// what it was before the count.
    case restoredByValue
}
