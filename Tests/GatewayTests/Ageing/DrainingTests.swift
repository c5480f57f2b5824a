import FlowCore
import FlowLayout
import Testing

@testable import Gateway

@Suite struct DrainingTests {
    static let second: UInt64 = 1_000_000_000
    /// The window that `DrainMachine` gives for 45 s.
    static let window = 10 * second

    /// Two instances. The first has the given number of sessions and is in the reset phase of its drain.
    private func draining(sessions: Int) -> (PlainFleet, [Int]) {
        let fleet = PlainFleet(slabs: 64)
        fleet.plain.setTreatment(TreatmentIndex.northSouth, 100_000, .reset)
        fleet.serve([1, 2])
        fleet.iterate()
        var slots: [Int] = []
        for _ in 0..<sessions { slots.append(fleet.admit(to: 1) ?? -1) }
        fleet.orders.setServing([2])
        fleet.orders.setState(of: 1, .drainingRefuse)
        fleet.iterate(nanoseconds: 45 * Self.second)
        #expect(fleet.plain.outlet.segments.isEmpty)
        #expect(fleet.sharing.sessionsLeft(of: 1) == sessions)
        fleet.orders.setState(of: 1, .drainingReset, drainWindowNanoseconds: Self.window)
        return (fleet, slots)
    }

    @Test("DRAIN-2 both ends of every session are reset, evenly, and all before a third of the window is over")
    func paced() {
        let (fleet, slots) = draining(sessions: 2000)
        var sent: [Int] = []
        for _ in 0..<15 {
            fleet.iterate(nanoseconds: Self.second, step: 10_000_000)
            sent.append(fleet.plain.outlet.segments.count)
        }
        #expect(sent.last == 4000)
        // No second has more than its share plus the first batch.
        for (before, after) in zip([0] + sent, sent) {
            #expect(after - before <= 2 * (2000 / 10 + 1 + DrainPace.batch))
        }
        #expect(sent[5] > 1500 && sent[5] < 3000)
        #expect(slots.allSatisfy { fleet.plain.state($0) == .resetting })
        #expect(slots.allSatisfy { fleet.plain.table.sessions[$0].endReason == EndReason.drain.rawValue })
    }

    @Test("DRAIN-2 tombstones stay until the drain's end; the repetitions are for those whose ends still send")
    func repeated() {
        let (fleet, slots) = draining(sessions: 10)
        fleet.iterate(nanoseconds: 15 * Self.second)
        #expect(fleet.plain.outlet.segments.count == 20)
        fleet.plain.table.sessions[slots[3]].flags |= SessionFlags.spokeSinceReset
        fleet.orders.orderRepeatedResets(of: 1)
        #expect(!fleet.orders.hasRepeatedResets(1))
        fleet.iterate()
        #expect(fleet.orders.hasRepeatedResets(1))
        #expect(fleet.plain.outlet.segments.count == 22)
        // No segment has arrived since.
        fleet.orders.orderRepeatedResets(of: 1)
        fleet.iterate(nanoseconds: 15 * Self.second)
        #expect(fleet.plain.outlet.segments.count == 22)
        // Far longer than the tombstones' timeout of 40 ticks.
        #expect(slots.allSatisfy { fleet.plain.state($0) == .resetting })
    }

    @Test("DRAIN-2 a session that begins while the steering changes is reset too")
    func late() {
        let (fleet, _) = draining(sessions: 3)
        fleet.iterate(nanoseconds: 20 * Self.second)
        let late = fleet.admit(to: 1) ?? 0
        fleet.iterate(nanoseconds: Self.second)
        #expect(fleet.plain.state(late) == .resetting)
        #expect(fleet.plain.outlet.segments.count == 8)
    }

    @Test("DRAIN-3 DRAIN-4 at its end the other sessions are discarded without a RST, and all slabs are returned")
    func end() {
        let (fleet, _) = draining(sessions: 500)
        fleet.iterate(nanoseconds: 10_000_000, step: 10_000_000)
        let sent = fleet.plain.outlet.segments.count
        #expect(sent > 0 && sent < 1000)
        fleet.orders.setState(of: 1, .ending)
        fleet.iterate()
        fleet.kill(1)
        let left = fleet.sharing.counts()[1]?.live ?? 0
        #expect(left > 0)
        #expect(fleet.sharing.discardSessions(of: 1, reason: .drained, now: fleet.tick) == left)
        #expect(fleet.plain.outlet.segments.count == sent)
        #expect(fleet.slabs[1] == nil)
        fleet.iterate(nanoseconds: Self.second)
        #expect(fleet.slabs == [2: 64])
        #expect(fleet.plain.flows.entries.isEmpty)
        #expect(fleet.plain.slotsAreWhole())
    }

    @Test("DRAIN-3 a process is killed during the drain: the next process of the instance continues the drain")
    func killed() {
        let (fleet, slots) = draining(sessions: 1000)
        fleet.iterate(nanoseconds: 3 * Self.second, step: 10_000_000)
        let reset = slots.count { fleet.plain.state($0) == .resetting }
        #expect(reset > 100 && reset < 1000)
        fleet.kill(1)
        fleet.iterate(nanoseconds: Self.second)
        fleet.start(1)
        fleet.iterate(nanoseconds: 12 * Self.second, step: 50_000_000)
        #expect(slots.allSatisfy { fleet.plain.state($0) == .resetting })
        // The tombstones that it found were reset again, because their RSTs may not have been sent.
        #expect(fleet.plain.outlet.segments.count == 2 * (slots.count + reset))
    }

    @Test("DRAIN-3 a slot that an ended process has leaked is found by the others")
    func leaked() {
        let fleet = PlainFleet(slabs: 4)
        fleet.serve([1, 2])
        fleet.iterate()
        // A slot that is in no ring.
        let slot = fleet.admit(to: 1) ?? 0
        fleet.plain.table.words[slot] = 0
        fleet.plain.flows.entries = [:]
        fleet.orders.setServing([2])
        fleet.orders.setState(of: 1, .ending)
        fleet.kill(1)
        fleet.sharing.discardSessions(of: 1, reason: .drained, now: fleet.tick)
        fleet.orders.setState(of: 1, .stopped)
        for _ in 0..<4 { fleet.iterate() }
        fleet.iterate(nanoseconds: Self.second)
        #expect(fleet.slabs == [2: 4])
        #expect(fleet.plain.slotsAreWhole())
    }

    @Test("DRAIN-2 the rate is even over the given time, and unlimited after it")
    func pace() {
        let pace = DrainPace(start: 100, windowNanoseconds: Self.window, total: 1_000_000)
        #expect(pace.due(now: 100) == DrainPace.batch)
        #expect(pace.due(now: 100 + Self.window / 2) == 500_000 + DrainPace.batch)
        #expect(pace.due(now: 100 + Self.window * 9 / 10) == 900_000 + DrainPace.batch)
        #expect(pace.due(now: 100 + Self.window) == Int.max)
    }

    @Test("DRAIN-2 an instance that sees the state without its window resets nothing yet")
    func noWindow() {
        let (fleet, slots) = draining(sessions: 1000)
        fleet.plain.table.instances[1].drainWindowNanoseconds = 0
        fleet.iterate(nanoseconds: Self.second)
        #expect(slots.allSatisfy { fleet.plain.state($0) == .established })
        fleet.plain.table.instances[1].drainWindowNanoseconds = Self.window
        fleet.iterate(nanoseconds: Self.second, step: 10_000_000)
        let reset = slots.count { fleet.plain.state($0) == .resetting }
        #expect(reset > 100 && reset < 400)
    }
}
