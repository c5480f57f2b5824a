import Fleet

/// Handshakes begin, and are completed or not. Owners end the sessions of the others, and count. This uses separate
/// random numbers, so that everything else in the scenario of a seed stays the same.
extension Simulation {
    static let halfOpenTimeout: UInt64 = 30 * .second
    /// A process counts at this interval. Without activity, every owner has counted since the last change after twice
    /// the interval, steps included.
    static let countInterval: UInt64 = 2 * .second

    mutating func synArrives() {
        guard !isQuiet else { return }
        agenda.add(.synArrives, at: now + handshakeRandom.milliseconds(20...600))
        let instance = kernel.steered.randomElement(using: &handshakeRandom) ?? 0
        // If the instance has no slab: one of the pool, or of any other instance.
        let candidates = [handshakes.slabs(of: instance), handshakes.slabs(of: 0), Array(handshakes.slabs.indices)]
        guard let slab = candidates.first(where: { !$0.isEmpty })?.randomElement(using: &handshakeRandom)
        else { return }
        let number = handshakes.begin(in: slab, now: now)
        report.counts.handshakes += 1
        guard handshakeRandom.chance(80) else { return }
        agenda.add(.handshakeIsCompleted(number), at: now + handshakeRandom.milliseconds(1...400))
    }

    /// Begins a count of the process's slabs, unless one is in progress.
    mutating func beginCount(_ index: Int) {
        guard processes[index].counting == nil, now >= processes[index].countsNextAt else { return }
        let identifier = processes[index].identifier
        if kernel.records[Int(identifier)].state == .serving { handshakes.claim(for: identifier) }
        var counting = HalfOpenCounting()
        counting.slabs = handshakes.slabs(of: identifier)
        for slab in counting.slabs where !isQuiet {
            let time = now
            counting.owed += handshakes.end(in: slab, now: now) { time >= $0.bornAt + Simulation.halfOpenTimeout }
        }
        processes[index].counting = counting
        countLater(processes[index].serial)
    }

    private mutating func countLater(_ serial: Int) {
        agenda.add(.processCounts(serial: serial), at: now + handshakeRandom.milliseconds(0...100))
    }

    /// One step of a count. Anything may happen between two steps, including the end of the process.
    mutating func processCounts(_ serial: Int) {
        guard let index = processes.firstIndex(where: { $0.serial == serial }),
            var counting = processes[index].counting
        else { return }
        if processes[index].isStalled { return countLater(serial) }
        let goesOn: Bool
        switch tallying {
        case .countedAnew: goesOn = countAnew(&counting)
        case .restoredByValue: goesOn = restoreByValue(&counting, isFirst: !processes[index].hasCounted)
        }
        processes[index].counting = goesOn ? counting : nil
        if goesOn { return countLater(serial) }
        processes[index].hasCounted = true
        processes[index].countsNextAt = now + Simulation.countInterval
    }

    /// Returns whether there is another step.
    private mutating func countAnew(_ counting: inout HalfOpenCounting) -> Bool {
        switch counting.step {
        case .readBegun:
            counting.begun = counting.slabs.map { handshakes.slabs[$0].begun }
            counting.left = counting.slabs.map { handshakes.slabs[$0].left }
            counting.counted = counting.slabs.map { _ in 0 }
            counting.step = .countSome
        case .countSome, .countRest:
            count(&counting)
        case .writeOffsets:
            for (place, slab) in counting.slabs.enumerated() {
                let found = handshakes.slabs[slab]
                handshakes.slabs[slab].offset = counting.begun[place] - found.left - counting.counted[place]
                let isUnchanged = found.begun == counting.begun[place] && found.left == counting.left[place]
                if isUnchanged && found.halfOpen.isEmpty { handshakes.slabs[slab].isInUse = false }
            }
            counting.step = .writeSum
        case .writeSum:
            handshakes.offset = handshakes.slabs.reduce(0) { $0 + $1.offset }
            return false
        }
        return true
    }

    private mutating func restoreByValue(_ counting: inout HalfOpenCounting, isFirst: Bool) -> Bool {
        switch counting.step {
        case .readBegun:
            handshakes.changes -= counting.owed
            guard isFirst else { return false }
            counting.before = handshakes.changes
            counting.slabs = Array(handshakes.slabs.indices)
            counting.counted = counting.slabs.map { _ in 0 }
            counting.step = .countSome
        case .countSome, .countRest:
            count(&counting)
        case .writeOffsets, .writeSum:
            if handshakes.changes == counting.before { handshakes.changes = counting.counted.reduce(0, +) }
            return false
        }
        return true
    }

    /// Counts the words of even sessions first, then the others.
    private func count(_ counting: inout HalfOpenCounting) {
        let parity = counting.step == .countSome ? 0 : 1
        for (place, slab) in counting.slabs.enumerated() {
            counting.counted[place] += handshakes.slabs[slab].halfOpen.count { $0.number % 2 == parity }
        }
        counting.step = counting.step == .countSome ? .countRest : .writeOffsets
    }

    /// The controller ends all sessions of an instance, and returns its slabs to the pool.
    mutating func discardHandshakes(of identifier: InstanceIdentifier) {
        for slab in handshakes.slabs(of: identifier) {
            let ended = handshakes.end(in: slab, now: now) { _ in true }
            if tallying == .restoredByValue { handshakes.changes -= ended }
            handshakes.slabs[slab].owner = 0
        }
    }

    /// Whether every owner has counted since the last change.
    var isCounted: Bool { now > handshakes.changedAt + 3 * Simulation.countInterval }
}
