import FlowCore
import FlowLayout
import Testing

@testable import Gateway

@Suite struct ExpiryScanTests {
    let plain = PlainTable()
    let work = AgeingWork(slotCount: 256)

    @Test("IDLE-1 never early: a session is left alone up to and at its last allowed tick, and ended at the next")
    func neverEarly() throws {
        let slot = try #require(plain.admit(port: 1, tick: 7))
        let last = 7 + PlainTable.northSouthTicks
        for now in [7, 8, last - 1, last] {
            #expect(plain.scan().run(now: now, into: work) == ScanResult())
            #expect(plain.state(slot) == .established)
        }
        #expect(plain.scan().run(now: last + 1, into: work) == ScanResult(expired: 1, resets: 1))
        #expect(plain.state(slot) == .resetting)
    }

    @Test(
        "IDLE-1 in real time: anywhere between two ticks, a session ends within a second of its timeout, never early")
    func realTime() {
        let timeout: UInt64 = 240_000_000_000
        let interval = ScanInterval.nanoseconds(
            shortestTimeoutTicks: Tick.covering(nanoseconds: timeout), slots: 1 << 24)
        for offset: UInt64 in stride(from: 0, to: Tick.nanoseconds, by: 1_048_573) {
            let plain = PlainTable(slots: 64)
            plain.setTreatment(TreatmentIndex.northSouth, Tick.covering(nanoseconds: timeout), .reset)
            plain.limits.update(from: plain.table, occupied: 0)
            let lastSegment = 5_000_000_000 + offset
            plain.admit(port: 1, tick: Tick.of(nanoseconds: lastSegment))
            var now = lastSegment + timeout - 3 * Tick.nanoseconds
            let work = AgeingWork(slotCount: 64)
            // Passes every 1 ms find the first moment at which a pass would end it.
            while plain.scan().run(now: Tick.of(nanoseconds: now), into: work).expired == 0 { now += 1_000_000 }
            #expect(now >= lastSegment + timeout)
            #expect(now + interval <= lastSegment + timeout + 1_000_000_000)
        }
    }

    @Test("IDLE-1 the coarse clock wraps: the age is right across the wrap")
    func wrap() throws {
        let slot = try #require(plain.admit(port: 1, tick: UInt32.max - 10))
        #expect(plain.scan().run(now: PlainTable.northSouthTicks - 11, into: work).expired == 0)
        #expect(plain.scan().run(now: PlainTable.northSouthTicks - 10, into: work).expired == 1)
        #expect(plain.state(slot) == .resetting)
    }

    @Test("IDLE-1 a whole table that expires together is ended in one pass, and its resets wait in a queue")
    func together() {
        for port in 0..<256 { plain.admit(port: UInt16(port)) }
        let result = plain.scan().run(now: PlainTable.northSouthTicks + 1, into: work)
        #expect(result == ScanResult(expired: 256, resets: 256))
        #expect(work.resets.count == 256)
        #expect((0..<256).allSatisfy { plain.state($0) == .resetting })
    }

    @Test("IDLE-2 N-S: a session that ends idle becomes a tombstone, and both its ends are sent an RST")
    func northSouth() throws {
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1))
        machine.pass(now: PlainTable.northSouthTicks + 1)
        _ = machine.workOff()
        #expect(plain.state(slot) == .resetting)
        #expect(plain.table.sessions[slot].endReason == EndReason.idleReset.rawValue)
        #expect(plain.outlet.segments.count == 2)
        #expect(plain.outlet.segments.allSatisfy { $0.flags & TCPFlags.rst != 0 })
        #expect(Set(plain.outlet.segments.map(\.destinationPort)) == [1, 443])
        #expect(plain.flows.entries.count == 1)
    }

    @Test("IDLE-3 E-W: nothing is sent, and the session is gone at once")
    func eastWest() throws {
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1, treatment: TreatmentIndex.eastWest))
        machine.pass(now: PlainTable.eastWestTicks)
        #expect(plain.state(slot) == .established)
        machine.pass(now: PlainTable.eastWestTicks + 1)
        #expect(plain.state(slot) == .ending)
        _ = machine.workOff()
        #expect(plain.state(slot) == .free)
        #expect(plain.outlet.segments.isEmpty)
        #expect(plain.flows.entries.isEmpty)
        #expect(plain.slotsAreWhole())
    }

    @Test("IDLE-4 a keep-alive in time, again and again, keeps a session for ever")
    func keepAlive() throws {
        let slot = try #require(plain.admit(port: 1))
        var now: UInt32 = 0
        for _ in 0..<1000 {
            now += PlainTable.northSouthTicks - 1
            #expect(plain.scan().run(now: now, into: work).expired == 0)
            #expect(plain.segment(slot, at: now))
        }
        #expect(plain.state(slot) == .established)
    }

    @Test("IDLE-6 a segment that arrives between the check and the exchange wins: the session stays")
    func segmentWins() throws {
        let slot = try #require(plain.admit(port: 1))
        let now = PlainTable.northSouthTicks + 1
        let read = plain.table.word(slot)
        #expect(plain.segment(slot, at: now))
        let journal = RecordingJournal()
        let ending = SessionEnding(table: plain.table, journal: journal)
        #expect(ending.expire(slot: slot, word: read, now: now) == .lost)
        #expect(plain.state(slot) == .established)
        #expect(plain.table.word(slot).tick == now)
        #expect(plain.table.sessions[slot].endReason == EndReason.none.rawValue)
        #expect(journal.reasons.isEmpty)
    }

    @Test("IDLE-6 a segment that comes after the exchange meets a tombstone")
    func expiryWins() throws {
        let slot = try #require(plain.admit(port: 1))
        let ending = SessionEnding(table: plain.table)
        #expect(ending.expire(slot: slot, word: plain.table.word(slot), now: 1001) == .resetting)
        #expect(!plain.segment(slot, at: 1001))
        #expect(plain.state(slot) == .resetting)
    }

    @Test("IDLE-6 a word that the kernel wrote after the scan read the clock is not due")
    func newerThanNow() throws {
        let slot = try #require(plain.admit(port: 1, tick: 1001))
        #expect(plain.scan().run(now: 1000, into: work) == ScanResult())
        #expect(plain.state(slot) == .established)
    }

    @Test("SESS-7 sessions of other protocols than TCP end without a message, whatever their treatment")
    func otherProtocols() throws {
        let journal = RecordingJournal()
        let slot = try #require(plain.admit(port: 1, treatment: TreatmentIndex.udp, ipProtocol: IPProtocol.udp))
        let probed = try #require(
            plain.admit(port: 2, treatment: PlainTable.probeTreatment, ipProtocol: IPProtocol.udp))
        let result = plain.scan(journal: journal).run(now: 1001, into: work)
        #expect(result == ScanResult(expired: 2, resets: 0))
        #expect(plain.state(slot) == .ending && plain.state(probed) == .ending)
        #expect(journal.reasons == [.idleSilent, .idleSilent])
    }

    @Test(
        "SESS-2 half-open sessions end silently after their own timeout, and are counted out",
        arguments: [SessionState.synSent, .synReceived])
    func halfOpen(state: SessionState) throws {
        let journal = RecordingJournal()
        let slot = try #require(plain.admit(port: 1, state: state))
        #expect(plain.scan(journal: journal).run(now: PlainTable.halfOpenTicks, into: work).expired == 0)
        #expect(plain.scan(journal: journal).run(now: PlainTable.halfOpenTicks + 1, into: work).expired == 1)
        #expect(plain.state(slot) == .ending)
        #expect(plain.halfOpenOfSource(slot, at: PlainTable.halfOpenTicks + 1) == 0)
        #expect(journal.reasons == [.halfOpenTimeout])
    }

    @Test(
        "SESS-2 closing sessions end as their treatment says",
        arguments: [
            (TreatmentIndex.northSouth, SessionState.resetting), (TreatmentIndex.eastWest, .ending),
            (PlainTable.probeTreatment, .resetting),
        ])
    func closing(treatment: UInt16, expected: SessionState) throws {
        let slot = try #require(plain.admit(port: 1, state: .closing, treatment: treatment))
        #expect(plain.scan().run(now: PlainTable.closingTicks, into: work).expired == 0)
        _ = plain.scan().run(now: PlainTable.closingTicks + 1, into: work)
        #expect(plain.state(slot) == expected)
    }

    @Test(
        "SESS-2 closed sessions and tombstones (RST-2) stay for their timeout, and then their slots are released",
        arguments: [(SessionState.closed, PlainTable.closedTicks), (.resetting, PlainTable.tombstoneTicks)])
    func rest(state: SessionState, ticks: UInt32) throws {
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1, state: state))
        machine.pass(now: ticks)
        #expect(plain.state(slot) == state)
        machine.pass(now: ticks + 1)
        _ = machine.workOff()
        #expect(plain.state(slot) == .free)
        #expect(plain.table.word(slot).generation == 1)
        #expect(plain.slotsAreWhole())
    }

    @Test("RST-2 a tombstone is not released before its RSTs are sent")
    func tombstoneWaits() throws {
        let slot = try #require(plain.admit(port: 1))
        _ = plain.scan().run(now: 1001, into: work)
        _ = plain.scan().run(now: 1001 + PlainTable.tombstoneTicks + 1, into: work)
        #expect(plain.state(slot) == .resetting)
        var sending = ResetSending(table: plain.table, outlet: plain.outlet)
        #expect(sending.sendBatch(from: work).sent == 2)
        _ = plain.scan().run(now: 1001 + PlainTable.tombstoneTicks + 1, into: work)
        #expect(plain.state(slot) == .ending)
    }

    @Test("Only the instance's own slabs are aged")
    func ownSlabs() throws {
        let slot = try #require(plain.admit(port: 1))
        plain.table.slabs[slot >> 6].owner = 2
        #expect(plain.scan().run(now: 5000, into: work) == ScanResult())
        #expect(plain.state(slot) == .established)
    }

    @Test(
        "IDLE-1 the pause between two passes depends on the number of slots, and on the shortest timeout, as scaled"
    )
    func interval() {
        func rest(_ ticks: UInt32, slots: Int = 1 << 21) -> UInt64 {
            ScanInterval.nanoseconds(shortestTimeoutTicks: ticks, slots: slots)
        }
        #expect(rest(1000) == 250_000_000)
        #expect(rest(10) == 10 * Tick.nanoseconds / 4)
        #expect(rest(1) == 20_000_000)
        #expect(rest(1000, slots: 4_000_000) == 400_000_000)
        #expect(rest(1000, slots: 10_000_000) == 500_000_000)
        #expect(rest(10, slots: 10_000_000) == 10 * Tick.nanoseconds / 4)
        #expect(ScanInterval.shortestTimeoutTicks(plain.table) == PlainTable.closedTicks)
    }
}
