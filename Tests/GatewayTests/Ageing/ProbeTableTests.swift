import FlowCore
import FlowLayout
import Testing

@testable import Gateway

@Suite struct ProbeTableTests {
    typealias Tally = ProbeTable.Tally
    static let before = Tally(originator: 10, responder: 20)

    func begun() -> ProbeTable {
        var table = ProbeTable()
        let first = table.begin(slot: 3, generation: 1, tally: Self.before, intervalTicks: 100, now: 1000)
        #expect(first == .send(originator: true, responder: true))
        return table
    }

    @Test("IDLE-5 both ends answer: the session stays")
    func alive() {
        var table = begun()
        #expect(table.tick(slot: 3, tally: Self.before, now: 1001) == .wait)
        #expect(table.tick(slot: 3, tally: Tally(originator: 11, responder: 20), now: 1002) == .wait)
        #expect(table.tick(slot: 3, tally: Tally(originator: 11, responder: 21), now: 1003) == .alive)
        #expect(table.count == 0)
    }

    @Test("IDLE-5 no end answers: three attempts each, then the session ends")
    func dead() {
        var table = begun()
        #expect(table.tick(slot: 3, tally: Self.before, now: 1099) == .wait)
        #expect(table.tick(slot: 3, tally: Self.before, now: 1100) == .send(originator: true, responder: true))
        #expect(table.tick(slot: 3, tally: Self.before, now: 1199) == .wait)
        #expect(table.tick(slot: 3, tally: Self.before, now: 1200) == .send(originator: true, responder: true))
        #expect(table.tick(slot: 3, tally: Self.before, now: 1299) == .wait)
        #expect(table.tick(slot: 3, tally: Self.before, now: 1300) == .dead)
        #expect(table.count == 0)
    }

    @Test("IDLE-5 RECOV-1 the prober itself was stopped: no end counts as gone, and both are probed again first")
    func away() {
        var table = begun()
        #expect(table.tick(slot: 3, tally: Self.before, now: 1100) == .send(originator: true, responder: true))
        #expect(table.tick(slot: 3, tally: Self.before, now: 1200) == .send(originator: true, responder: true))
        // The whole machine was stopped: the answers are in its queues.
        table.wasAway(ticks: 400)
        #expect(table.tick(slot: 3, tally: Self.before, now: 1610) == .wait)
        #expect(table.tick(slot: 3, tally: Tally(originator: 11, responder: 21), now: 1612) == .alive)
    }

    @Test("IDLE-5 one end answers: only the other is probed again, and finally counts as gone")
    func oneEndGone() {
        var table = begun()
        let answered = Tally(originator: 11, responder: 20)
        #expect(table.tick(slot: 3, tally: answered, now: 1100) == .send(originator: false, responder: true))
        #expect(table.tick(slot: 3, tally: answered, now: 1200) == .send(originator: false, responder: true))
        #expect(table.tick(slot: 3, tally: answered, now: 1300) == .dead)
    }

    @Test("IDLE-5 the interval is at most a quarter of the session's idle timeout")
    func interval() {
        #expect(ProbeTable.intervalTicks(configuredTicks: 300, timeoutTicks: 10_000) == 300)
        #expect(ProbeTable.intervalTicks(configuredTicks: 300, timeoutTicks: 400) == 100)
        #expect(ProbeTable.intervalTicks(configuredTicks: 300, timeoutTicks: 2) == 1)
    }

    @Test("IDLE-5 on a table: an end that is gone, so the other is reset, after three probes to it")
    func onTable() throws {
        let plain = PlainTable()
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1, treatment: PlainTable.probeTreatment))
        var now = PlainTable.probeTicks + 1
        machine.pass(now: now)
        #expect(plain.outlet.segments.count == 2)
        #expect(plain.outlet.segments.allSatisfy { $0.flags == TCPFlags.ack && $0.sequence == 4999 })
        // The originator answers: its ACK restarts the timer.
        plain.table.sessions[slot].originator.packets += 1
        #expect(plain.segment(slot, at: now))
        for _ in 0..<3 {
            now += 50
            machine.pass(now: now)
        }
        _ = machine.workOff()
        #expect(plain.state(slot) == .resetting)
        #expect(plain.table.sessions[slot].endReason == EndReason.probeFailed.rawValue)
        let resets = plain.outlet.segments.filter { $0.flags & TCPFlags.rst != 0 }
        #expect(Set(resets.map(\.destinationPort)) == [1, 443])
        #expect(plain.outlet.segments.count == 2 + 2 + 2)
    }

    @Test("IDLE-5 on a table: both ends answer, and nothing happens to the session, period after period")
    func onTableAlive() throws {
        let plain = PlainTable()
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1, treatment: PlainTable.probeTreatment))
        var now: UInt32 = 0
        for period in 1...5 {
            now += PlainTable.probeTicks + 1
            machine.pass(now: now)
            #expect(plain.outlet.segments.count == 2 * period)
            plain.table.sessions[slot].originator.packets += 1
            plain.table.sessions[slot].responder.packets += 1
            #expect(plain.segment(slot, at: now))
            machine.pass(now: now + 1)
            #expect(machine.probing.probes.count == 0)
        }
        #expect(plain.state(slot) == .established)
    }

    @Test("IDLE-5 a session that ends otherwise is forgotten, and the next session of its slot is not mistaken for it")
    func otherGeneration() throws {
        let plain = PlainTable()
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1, treatment: PlainTable.probeTreatment))
        machine.pass(now: PlainTable.probeTicks + 1)
        plain.table.words[slot] = ControlWord(tick: 600, state: .established, treatment: 0, generation: 9).rawValue
        machine.pass(now: PlainTable.probeTicks + 400)
        #expect(machine.probing.probes.count == 0)
        #expect(plain.state(slot) == .established)
        #expect(plain.outlet.segments.count == 2)
    }
}
