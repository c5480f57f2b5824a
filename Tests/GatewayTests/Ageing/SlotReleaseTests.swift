import FlowCore
import FlowLayout
import Testing

@testable import Gateway

/// The steps of a release. The process may be killed after each of them.
enum ReleaseStep: Int, CaseIterable {
    case nothing, markEnding, deleteKey, makeFree, push, announce
}

@Suite struct SlotReleaseTests {
    /// Takes a session's slot through the steps up to and including the given one, like an instance that is killed then.
    private func release(_ slot: Int, upTo last: ReleaseStep, on plain: PlainTable) {
        let release = SlotRelease(table: plain.table, flows: plain.flows)
        for step in ReleaseStep.allCases where step.rawValue <= last.rawValue {
            switch step {
            case .nothing: break
            case .markEnding:
                #expect(
                    SessionEnding(table: plain.table).expire(slot: slot, word: plain.table.word(slot), now: 2000)
                        == .ending)
            case .deleteKey: plain.flows.entries[plain.key(slot)] = nil
            case .makeFree:
                let ends = plain.table.instance.pointee.ends
                #expect(release.makeFree(slot))
                #expect(plain.table.instance.pointee.ends == ends + 1)
            case .push: release.freeSlots.push(slot)
            case .announce: release.freeSlots.announce(slab: slot >> plain.table.slabShift)
            }
        }
    }

    /// Does what the next process of the instance does.
    private func recover(_ plain: PlainTable, now: UInt32 = 2001) throws {
        let machine = plain.machine()
        machine.beginRecovery()
        machine.finishRecovery()
        machine.pass(now: now)
        while machine.workOff() {}
    }

    @Test(
        "RECOV-3 killed after any step of a release, the next process finishes it: no slot is lost or released twice",
        arguments: ReleaseStep.allCases)
    func crash(after step: ReleaseStep) throws {
        let plain = PlainTable()
        // A full slab, so that its bit is clear until a slot is released.
        for port in 0..<64 { plain.admit(port: UInt16(port), treatment: TreatmentIndex.eastWest, tick: 2000) }
        let slot = 5
        plain.table.words[slot] =
            ControlWord(tick: 0, state: .established, treatment: TreatmentIndex.eastWest, generation: 0).rawValue
        plain.table.slabBits[0] &= ~1
        release(slot, upTo: step, on: plain)
        try recover(plain)
        #expect(plain.state(slot) == .free)
        #expect(plain.table.word(slot).generation == 1)
        #expect(plain.flows.entries[plain.key(slot)] == nil)
        #expect(plain.flows.entries.count == 63)
        #expect(plain.table.slabBits[0] & 1 == 1)
        #expect(plain.slotsAreWhole())
        // And again, like a process that is killed and started repeatedly.
        try recover(plain)
        #expect(plain.slotsAreWhole())
    }

    @Test("RECOV-3 killed between the key and the word: a new session that took the 5-tuple meanwhile keeps it")
    func newSessionKeepsKey() throws {
        let plain = PlainTable()
        let old = try #require(plain.admit(port: 1, treatment: TreatmentIndex.eastWest))
        release(old, upTo: .deleteKey, on: plain)
        let new = try #require(plain.admit(port: 1, treatment: TreatmentIndex.eastWest, tick: 2000))
        #expect(new != old)
        try recover(plain)
        #expect(plain.state(old) == .free)
        #expect(plain.state(new) == .established)
        #expect(plain.flows.entries[plain.key(new)]?.slot == UInt32(new))
        #expect(plain.slotsAreWhole())
    }

    @Test("RECOV-3 a slot that the kernel is taking at the moment is not mistaken for a leaked one")
    func inFlight() throws {
        let plain = PlainTable()
        let free = FreeSlots(table: plain.table)
        // The kernel has moved the head, and not written the word yet.
        plain.table.slabs[0].head += 1
        let first = free.unlisted()
        #expect(first.count == 1)
        let slot = try #require(first.keys.first)
        plain.table.words[slot] = ControlWord(tick: 1, state: .synSent, treatment: 0, generation: 0).rawValue
        #expect(free.recover(first: first, second: free.unlisted()) == 0)
        #expect(plain.slotsAreWhole())
    }

    @Test("A slot that the kernel has ended is released without its key, which belongs to another session now")
    func endedByKernel() throws {
        let plain = PlainTable()
        let old = try #require(plain.admit(port: 1, state: .ended))
        let new = try #require(plain.admit(port: 1, tick: 100))
        let machine = plain.machine()
        machine.pass(now: 100)
        _ = machine.workOff()
        #expect(plain.state(old) == .free)
        #expect(plain.flows.entries[plain.key(new)]?.slot == UInt32(new))
        #expect(plain.slotsAreWhole())
    }

    @Test("RECOV-3 BAD-2 the next process corrects the count of half-open sessions")
    func halfOpenCount() {
        let plain = PlainTable()
        plain.admit(port: 1, state: .synSent)
        plain.admit(port: 2, state: .synReceived)
        plain.admit(port: 3)
        // Killed processes have left the tally too high or too low, by any amount.
        for wrong in [9, 2, 0, UInt32.max, 1 << 31] {
            plain.table.slabs[0].halfOpenOffset = wrong
            plain.table.runtime.pointee.halfOpenOffset = wrong &+ 7
            plain.machine().beginRecovery()
            #expect(plain.halfOpenEstimate == 2)
        }
    }

    @Test("RECOV-3 tombstones whose resets may not have been sent are reset again by the next process")
    func resetsAgain() throws {
        let plain = PlainTable()
        plain.admit(port: 1)
        plain.machine().pass(now: 1001)
        #expect(plain.outlet.segments.isEmpty)
        let next = plain.machine()
        next.beginRecovery()
        _ = next.workOff()
        #expect(plain.outlet.segments.count == 2)
    }

    @Test("After many uses every slot is intact, and its generation has increased")
    func manyLives() throws {
        let plain = PlainTable(slots: 64)
        let machine = plain.machine()
        var now: UInt32 = 0
        for round in 1...500 {
            for port in 0..<64 {
                #expect(plain.admit(port: UInt16(port), treatment: TreatmentIndex.eastWest, tick: now) != nil)
            }
            #expect(plain.admit(port: 999) == nil)
            now += PlainTable.eastWestTicks + 1
            machine.pass(now: now)
            while machine.workOff() {}
            #expect(plain.table.word(0).generation == UInt16(round))
            #expect(plain.flows.entries.isEmpty)
        }
        #expect(plain.slotsAreWhole())
    }
}
