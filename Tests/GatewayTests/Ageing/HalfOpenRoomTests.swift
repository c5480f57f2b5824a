import FlowCore
import FlowLayout
import Testing

@testable import Gateway

/// Room for new handshakes, if half-open sessions crowd their share (BAD-2).
@Suite("Room for half-open sessions")
struct HalfOpenRoomTests {
    let plain = PlainTable(slots: 256)

    private func states() -> [SessionState: Int] {
        (0..<plain.table.slotCount).reduce(into: [:]) { counts, slot in
            if let state = plain.state(slot) { counts[state, default: 0] += 1 }
        }
    }

    @Test("BAD-2 the oldest half-open sessions make room when their share is full; an established one never does")
    func oldest() throws {
        plain.table.runtime.pointee.halfOpenTimeoutTicks = 1788
        plain.table.runtime.pointee.halfOpenLimit = 64
        for port: UInt16 in 0..<64 {
            plain.admit(port: port, state: port % 2 == 0 ? .synSent : .synReceived, tick: 100 + UInt32(port))
        }
        var established: [Int] = []
        for port: UInt16 in 100..<150 { established.append(try #require(plain.admit(port: port, tick: 1))) }
        let machine = plain.machine()
        machine.pass(now: 170)
        while machine.workOff() {}
        // A quarter of the share is free.
        #expect(plain.halfOpenEstimate == 48 && machine.isCrowded)
        machine.pass(now: 171)
        #expect(plain.halfOpenEstimate == 48 && !machine.isCrowded)
        #expect(established.allSatisfy { plain.state($0) == .established })
        // The youngest sessions stay.
        let left = (0..<256).filter { plain.state($0) == .synSent || plain.state($0) == .synReceived }
        #expect(left.allSatisfy { plain.table.word($0).tick >= 116 })
        // Nothing is sent to the source of a SYN, which may be forged.
        #expect(plain.outlet.segments.isEmpty)
    }

    @Test("BAD-2 SESS-9 the timeout shrinks as the share fills up, though the table is nearly empty")
    func shrinks() {
        plain.table.runtime.pointee.halfOpenTimeoutTicks = 1000
        plain.table.runtime.pointee.halfOpenLimit = 64
        for port: UInt16 in 0..<46 { plain.admit(port: port, state: .synSent, tick: 100) }
        let machine = plain.machine()
        // 46 of 64 are 72 per cent: 73 per cent of the timeout remain.
        machine.pass(now: 100 + 720)
        #expect(states()[.synSent] == 46)
        machine.pass(now: 100 + 740)
        #expect(states()[.synSent] == nil)
    }

    @Test("BAD-10 a source that crowds its part loses its oldest half-open sessions, and other sources lose none")
    func source() throws {
        let runtime = plain.table.runtime
        runtime.pointee.halfOpenTimeoutTicks = 1788
        runtime.pointee.sourceEpochShift = SourceTally.shift(halfOpenTimeoutTicks: 1788)
        runtime.pointee.halfOpenLimit = 200
        runtime.pointee.halfOpenLimitPerSource = 40
        for port: UInt16 in 0..<40 { plain.admit(port: port, state: .synSent, tick: 1000 + UInt32(port)) }
        var others: [Int] = []
        for port: UInt16 in 0..<10 {
            let slot = plain.admit(port: 500 + port, state: .synSent, tick: 990, source: 0x0A02_0000 | UInt32(port))
            others.append(try #require(slot))
        }
        let machine = plain.machine()
        // No source was refused yet.
        machine.pass(now: 1050)
        #expect(states()[.synSent] == 50 && !machine.isCrowded)
        runtime.pointee.sourceLimitedTick = 1050
        machine.pass(now: 1051)
        #expect(machine.isCrowded)
        #expect(states()[.synSent] == 40 && others.allSatisfy { plain.state($0) == .synSent })
        let left = (0..<256).filter { plain.state($0) == .synSent && !others.contains($0) }
        #expect(left.allSatisfy { plain.table.word($0).tick >= 1010 })
        #expect(plain.halfOpenOfSource(left[0], at: 1051) == 30)
        #expect(plain.halfOpenOfSource(others[0], at: 1051) >= 1)
        machine.pass(now: 1200)
        #expect(!machine.isCrowded)
    }

    @Test("BAD-2 each instance ends its part of its own sessions, and together they make the room")
    func parts() {
        #expect(HalfOpenRoom.part(of: 16, own: 32, total: 64) == 8)
        #expect(HalfOpenRoom.part(of: 16, own: 1, total: 64) == 1)
        #expect(HalfOpenRoom.part(of: 16, own: 0, total: 64) == 0)
        #expect(HalfOpenRoom.part(of: 16, own: 70, total: 64) == 16)
        #expect(HalfOpenRoom.part(of: 100, own: 10, total: 10) == 10)
        #expect(HalfOpenRoom.ageLimit(ages: [5, 5, 5, 5], excess: 0) == nil)
        #expect(HalfOpenRoom.ageLimit(ages: [5, 5, 5, 5], excess: 3) == 2)
        #expect(HalfOpenRoom.ageLimit(ages: [5, 5, 5, 5], excess: 6) == 1)
        // A session that has just begun keeps one tick.
        #expect(HalfOpenRoom.ageLimit(ages: [50, 50, 0, 0], excess: 60) == 1)
    }

    @Test("BAD-2 while half-open sessions crowd their share, passes follow each other faster")
    func interval() {
        #expect(ScanInterval.nanoseconds(shortestTimeoutTicks: 600, slots: 65536) == 250_000_000)
        #expect(ScanInterval.nanoseconds(shortestTimeoutTicks: 600, slots: 65536, isCrowded: true) == 20_000_000)
        #expect(ScanInterval.nanoseconds(shortestTimeoutTicks: 600, slots: 10_000_000, isCrowded: true) == 200_000_000)
    }
}
