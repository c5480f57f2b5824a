import FlowCore
import FlowLayout
import Testing

@testable import Gateway

@Suite struct SlabSharingTests {
    @Test("KEEP-1 slabs go to the survivors by their sessions; timers continue, and no segment is sent")
    func move() throws {
        let fleet = PlainFleet(slabs: 16)
        fleet.serve([1, 2, 3])
        fleet.iterate()
        let old = try #require(fleet.admit(to: 1))
        fleet.iterate(nanoseconds: 2_000_000_000)
        for _ in 0..<200 { fleet.admit(to: 1) }
        for _ in 0..<100 { fleet.admit(to: 2) }
        fleet.kill(1)
        let words = (0..<fleet.plain.table.slotCount).map { fleet.plain.table.words[$0] }
        let move = fleet.sharing.moveSlabs(from: 1, to: [2, 3])
        #expect(move == SlabSharing.Move(slabs: 5, sessions: 201))
        #expect((0..<fleet.plain.table.slotCount).allSatisfy { fleet.plain.table.words[$0] == words[$0] })
        let counts = fleet.sharing.counts()
        #expect(counts[1] == nil)
        // 301 sessions, in portions of a slab.
        #expect(abs((counts[2]?.live ?? 0) - (counts[3]?.live ?? 0)) <= 64)
        #expect(fleet.sharing.moveSlabs(from: 1, to: [2, 3]) == SlabSharing.Move())
        fleet.iterate()
        #expect(fleet.plain.outlet.segments.isEmpty)
        // The first one ends when it is due. The move does not matter.
        let timeout = UInt64(PlainTable.northSouthTicks) * Tick.nanoseconds
        fleet.iterate(nanoseconds: timeout - 1_700_000_000)
        #expect(fleet.plain.state(old) == .resetting)
        #expect(fleet.plain.outlet.segments.count == 2)
        #expect(fleet.plain.slotsAreWhole())
    }

    @Test("MET-3 an operation on all slabs is done one at a time, with the same result as all at once")
    func pieces() {
        let fleet = PlainFleet(slabs: 16)
        fleet.serve([1, 2])
        fleet.iterate()
        for _ in 0..<100 { fleet.admit(to: 1) }
        for _ in 0..<50 { fleet.admit(to: 2) }
        var count = SlabJob(.count(longLivedTicks: 0))
        for step in 1...16 {
            count.advance(fleet.sharing, now: fleet.tick)
            #expect(count.counts.values.reduce(0) { $0 + $1.slabs } == step)
            #expect(count.isDone == (step == 16))
        }
        #expect(count.counts == fleet.sharing.counts())
        #expect(count.longLived[1] == 100 && count.longLived[2] == 50)
        fleet.kill(1)
        let slabs = fleet.slabs[1] ?? 0
        var discard = SlabJob(.discard(of: 1, reason: .instanceLost))
        for _ in 1...16 {
            let before = fleet.slabs[1] ?? 0
            discard.advance(fleet.sharing, now: fleet.tick)
            #expect(before - (fleet.slabs[1] ?? 0) <= 1)
        }
        #expect(slabs > 1 && discard.isDone && discard.discarded == 100 && fleet.slabs[1] == nil)
    }

    @Test("KEEP-1 without a survivor nothing moves")
    func nobody() {
        let fleet = PlainFleet(slabs: 4)
        fleet.serve([1])
        #expect(fleet.sharing.moveSlabs(from: 1, to: [1]) == SlabSharing.Move())
        #expect(fleet.sharing.moveSlabs(from: 1, to: []) == SlabSharing.Move())
        #expect(fleet.slabs == [1: 4])
    }

    @Test(
        "KEEP-3 killed after any step of a release, its slab moved: the survivor finishes it, no slot lost or doubled",
        arguments: [SessionState.ending, .ended, .resetting, .free])
    func recovery(left state: SessionState) throws {
        let fleet = PlainFleet(slabs: 4)
        fleet.serve([1, 2])
        fleet.iterate()
        let slot = try #require(fleet.admit(to: 1))
        let generation = fleet.plain.table.word(slot).generation
        let word = fleet.plain.table.word(slot)
        // The state that the killed process left: a word in that state; `free` is a slot that is in no ring.
        fleet.plain.table.words[slot] = word.with(state: state, tick: fleet.tick).rawValue
        if state == .free || state == .ended { fleet.plain.flows.entries[fleet.plain.key(slot)] = nil }
        fleet.kill(1)
        fleet.sharing.moveSlabs(from: 1, to: [2])
        fleet.iterate(nanoseconds: 2_000_000_000)
        #expect(fleet.plain.state(slot) == .free)
        #expect(fleet.plain.table.word(slot).generation == (state == .free ? generation : generation &+ 1))
        #expect(fleet.plain.outlet.segments.count == (state == .resetting ? 2 : 0))
        #expect(fleet.plain.flows.entries.isEmpty)
        #expect(fleet.plain.slotsAreWhole())
    }

    @Test("KEEP-3 an interrupted move is completed by repeating it")
    func interrupted() {
        let fleet = PlainFleet(slabs: 16)
        fleet.serve([1, 2])
        fleet.iterate()
        for _ in 0..<300 { fleet.admit(to: 1) }
        fleet.kill(1)
        // The owner was written, the bits were not.
        let slab = (0..<16).first { fleet.sharing.owner(of: $0) == 1 } ?? 0
        fleet.plain.table.slabs[slab].owner = 2
        fleet.orders.setServing([2])
        fleet.orders.setState(of: 1, .stopped)
        fleet.sharing.moveSlabs(from: 1, to: [2])
        fleet.iterate()
        #expect(fleet.slabs == [2: 16])
        // Every slab with free slots is announced.
        for slab in 0..<16 where SlabRing.count(fleet.plain.table.slabs + slab) > 0 {
            #expect(fleet.view(2).slabBits[0] >> UInt64(slab) & 1 == 1)
        }
        #expect(fleet.sharing.counts()[2]?.live == 300)
    }

    @Test("RECOV-2 a lost instance's sessions end without a segment, and their slots are used again")
    func discard() {
        let fleet = PlainFleet(slabs: 8)
        fleet.serve([1, 2])
        fleet.iterate()
        for number in 0..<150 {
            fleet.admit(to: 1, state: number % 3 == 0 ? .synSent : number % 3 == 1 ? .established : .resetting)
        }
        fleet.admit(to: 2)
        fleet.kill(1)
        fleet.orders.setServing([2])
        #expect(fleet.plain.halfOpenEstimate == 50)
        #expect(fleet.sharing.discardSessions(of: 1, now: fleet.tick) == 100)
        #expect(fleet.sharing.sessionsLeft(of: 1) == 0)
        fleet.orders.setState(of: 1, .stopped)
        fleet.iterate(nanoseconds: 1_000_000_000)
        #expect(fleet.plain.halfOpenEstimate == 0)
        #expect(fleet.slabs == [2: 8])
        #expect(fleet.plain.outlet.segments.isEmpty)
        #expect(fleet.plain.flows.entries.count == 1)
        #expect(fleet.sharing.counts()[2]?.live == 1)
        #expect(fleet.plain.slotsAreWhole())
        #expect(fleet.sharing.discardSessions(of: 1, now: fleet.tick) == 0)
    }

    @Test("FLEET-2 sessions are counted by instance, state and age")
    func counts() {
        let fleet = PlainFleet(slabs: 8)
        fleet.serve([1, 2])
        fleet.iterate()
        for state in [SessionState.synSent, .synReceived, .established, .closing, .closed, .resetting] {
            fleet.admit(to: 1, state: state)
        }
        let slot = fleet.admit(to: 1) ?? 0
        fleet.plain.table.sessions[slot].createdTick = fleet.tick &- 500
        var expected = InstanceSessions()
        expected.live = 5
        expected.halfOpen = 2
        expected.closed = 1
        expected.tombstones = 1
        expected.slabs = 4
        expected.slots = 256
        #expect(fleet.sharing.counts()[1] == expected)
        #expect(fleet.sharing.sessionsLeft(of: 1) == 6 && fleet.sharing.sessionsLeft(of: 2) == 0)
        var old = SlabJob(.count(longLivedTicks: 500))
        old.finish(fleet.sharing, now: fleet.tick)
        #expect(old.longLived[1] == 1)
        var older = SlabJob(.count(longLivedTicks: 501))
        older.finish(fleet.sharing, now: fleet.tick)
        #expect(older.longLived[1] == 0)
    }
}
