import Fleet

/// Half-open sessions and their count, with the algorithm of the kernel program and the owners of slabs
/// (FlowCore.HalfOpenTally). They have separate slabs here, which change owners by the same directives as those of
/// ``VirtualKernel``.
struct VirtualHandshakes {
    struct Session: Equatable {
        let number: Int
        let bornAt: UInt64
    }

    struct Slab {
        /// 0: the pool.
        var owner: InstanceIdentifier = 0
        /// The sessions that really are half-open.
        var halfOpen: [Session] = []
        /// Whether a session began in it whose slot was not released: an instance claims such a slab from the pool. A
        /// slot is released after a count that did not find its session any more.
        var isInUse = false
        // The kernel counts sessions that begin, and those that a packet ends. The owner adds what it has found.
        var begun = 0
        var left = 0
        var offset = 0
    }

    static let slabCount = 16

    var slabs = [Slab](repeating: Slab(), count: VirtualHandshakes.slabCount)
    /// The sum of begun minus left over all slabs.
    var changes = 0
    /// The sum of the slabs' offsets, according to the last count.
    var offset = 0
    /// The time of the last change that a count may have seen in part.
    private(set) var changedAt: UInt64 = 0
    private var nextNumber = 0

    /// The number that admission uses.
    var estimate: Int { changes - offset }
    /// The real number.
    var count: Int { slabs.reduce(0) { $0 + $1.halfOpen.count } }

    func slabs(of identifier: InstanceIdentifier) -> [Int] { slabs.indices.filter { slabs[$0].owner == identifier } }

    // MARK: - The kernel, which can't be killed within a packet

    /// A SYN is admitted. Returns its number.
    mutating func begin(in slab: Int, now: UInt64) -> Int {
        nextNumber += 1
        slabs[slab].halfOpen.append(Session(number: nextNumber, bornAt: now))
        slabs[slab].begun += 1
        slabs[slab].isInUse = true
        changes += 1
        changedAt = now
        return nextNumber
    }

    /// Completes the handshake, if the session still exists.
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

    /// An owner or the controller ends sessions by their control words, without counting. Returns how many.
    mutating func end(in slab: Int, now: UInt64, where isDue: (Session) -> Bool) -> Int {
        let before = slabs[slab].halfOpen.count
        slabs[slab].halfOpen.removeAll(where: isDue)
        let ended = before - slabs[slab].halfOpen.count
        if ended > 0 { changedAt = now }
        return ended
    }

    /// An instance takes slabs without a living owner, and one from the pool if it has none.
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

/// A process's count of its slabs. Its state is lost when the process ends.
struct HalfOpenCounting {
    enum Step { case readBegun, countSome, countRest, writeOffsets, writeSum }

    var step = Step.readBegun
    var slabs: [Int] = []
    /// The values found, by slab.
    var begun: [Int] = []
    var left: [Int] = []
    var counted: [Int] = []
    /// For a count that is restored by value: the value before the count, and sessions that the process has ended and
    /// not yet subtracted.
    var before = 0
    var owed = 0
}

/// The algorithms for the count of half-open sessions.
package enum HalfOpenTallying: Sendable {
    /// The correct one: each pass of each owner counts again, and the result of the pass is published.
    case countedAnew
    /// A wrong one: a single number from which processes subtract. A starting process replaces it by its own count, if
    /// it is unchanged since before the count.
    case restoredByValue
}
