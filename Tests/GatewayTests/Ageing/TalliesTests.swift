import FlowCore
import FlowLayout
import Kernel
import Testing

@testable import Gateway

@Suite struct TalliesTests {
    private func tallies(_ plain: PlainTable) -> SessionTallies { SessionTallies(plain.table.tallies) }

    private func settle(_ machine: AgeingMachine<PlainFlows>, at tick: UInt32) {
        machine.pass(now: tick)
        while machine.workOff() {}
    }

    @Test(
        "MET-1 a session that ends is counted once: by class and reason, by how long it lived, by how long it was idle")
    func ends() throws {
        let plain = PlainTable()
        let machine = plain.machine()
        let idle = PlainTable.northSouthTicks
        let slot = try #require(plain.admit(port: 1, tick: 5000))
        plain.table.sessions[slot].createdTick = 1000
        settle(machine, at: 5000 + idle + 7)
        settle(machine, at: 5000 + idle + 7 + PlainTable.tombstoneTicks + 1)
        settle(machine, at: 5000 + idle + 7 + 2 * PlainTable.tombstoneTicks)

        let north = try #require(tallies(plain).ended[.northSouth])
        #expect(north.filter { $0.value > 0 } == [.idleReset: 1])
        #expect(tallies(plain).ended[.eastWest]?.values.allSatisfy { $0 == 0 } == true)
        let tick = Double(Tick.nanoseconds) / 1e9
        // From the first packet to the reset: 5007 ticks, 84 s. Idle: 1007 ticks, 16.9 s.
        let lived = try #require(tallies(plain).lived[.northSouth])
        #expect(lived.count == 1 && abs(lived.seconds - Double(4000 + idle + 7) * tick) < 0.001)
        #expect(lived.buckets[3] == 1)
        let rested = try #require(tallies(plain).idle[.northSouth])
        #expect(rested.count == 1 && abs(rested.seconds - Double(idle + 7) * tick) < 0.001)
        #expect(rested.buckets[2] == 1)
        // One reset for each end: the table's sessions have exact positions.
        let resets = try #require(tallies(plain).resets[.idleReset])
        #expect(resets.reduce(0, +) == UInt64(plain.outlet.segments.count) && resets[0] > 0 && resets[1] > 0)
    }

    @Test("MET-1 a session that its ends closed was not idle")
    func closed() throws {
        let plain = PlainTable()
        let machine = plain.machine()
        let slot = try #require(plain.admit(port: 1, state: .closed, tick: 5000))
        plain.table.sessions[slot].createdTick = 4999
        plain.table.sessions[slot].endReason = EndReason.fin.rawValue
        settle(machine, at: 5000 + PlainTable.closedTicks + 1)
        let idle = try #require(tallies(plain).idle[.northSouth])
        #expect(idle.buckets[0] == 1 && idle.seconds == 0)
        #expect(tallies(plain).lived[.northSouth]?.buckets[0] == 1)
    }

    @Test("MET-1 each instance counts the sessions of its own slabs, by kind and state")
    func counts() throws {
        let fleet = PlainFleet(slabs: 2)
        fleet.sharing.give(0, from: SlabSharing.pool, to: 1)
        fleet.sharing.give(1, from: SlabSharing.pool, to: 2)
        let table = fleet.plain.table
        var expected: [Int: [SessionKind: Int]] = [1: [:], 2: [:]]
        for slot in 0..<128 where slot % 3 != 0 {
            let kind = SessionKind(treatment: UInt16(slot % 8))
            let group = UInt16(slot % 5) * TreatmentIndex.groupSize
            table.words[slot] =
                ControlWord(
                    tick: UInt32(slot), state: .established, treatment: group | UInt16(kind.index),
                    generation: UInt16(slot)
                ).rawValue
            expected[slot < 64 ? 1 : 2]?[kind, default: 0] += 1
        }
        for instance: UInt16 in [1, 2] { fleet.view(instance).countSessions(now: 77) }
        for instance in [1, 2] {
            let count = SessionTallies(table.tallies).counts[instance]
            #expect(count.countedNanoseconds == 77)
            for kind in SessionKind.allCases {
                #expect(count.sessions(kind, .established) == expected[instance]?[kind] ?? 0, "\(instance) \(kind)")
                #expect(count.sessions(kind, .closing) == 0)
            }
        }
        // A later count replaces the earlier one.
        for slot in 0..<64 { table.words[slot] = 0 }
        fleet.view(1).countSessions(now: 78)
        let count = SessionTallies(table.tallies).counts[1]
        #expect(SessionKind.allCases.allSatisfy { count.sessions($0, .established) == 0 })
    }

    @Test("RISK-4 sessions at risk are counted by class: idle for over half of the timeout, and no keep-alive in time")
    func atRisk() {
        let fleet = PlainFleet(slabs: 2)
        fleet.sharing.give(0, from: SlabSharing.pool, to: 1)
        let table = fleet.plain.table
        let second = UInt32(1_000_000_000 / Tick.nanoseconds)
        let now = 1000 * second
        let northSouth = SessionKind(.northSouth, .tcp)
        let eastWest = SessionKind(.eastWest, .tcp)
        for kind in SessionKind.allCases {
            table.treatments[Int(kind.index)] = sluice_treatment(
                timeoutTicks: 240 * second, onIdle: OnIdle.reset.rawValue, reserved: (0, 0, 0))
        }
        let probed = northSouth.index + 8
        table.treatments[Int(probed)] = sluice_treatment(
            timeoutTicks: 240 * second, onIdle: OnIdle.probe.rawValue, reserved: (0, 0, 0))
        func put(
            _ slot: Int, _ treatment: UInt8, idleSeconds: UInt32, state: SessionState = .established,
            levels: (UInt8, UInt8) = (0, 0)
        ) {
            table.words[slot] =
                ControlWord(
                    tick: now - idleSeconds * second, state: state, treatment: UInt16(treatment), generation: 1
                ).rawValue
            table.sessions[slot].originator.flags = EndFlags.syn | levels.0 << 5
            table.sessions[slot].responder.flags = EndFlags.syn | levels.1 << 5
        }
        func counted() -> [Int?] {
            fleet.view(1).countSessions(now: UInt64(now) * Tick.nanoseconds)
            let count = SessionTallies(table.tallies).counts[1]
            return [count.atRisk[.northSouth], count.atRisk[.eastWest]]
        }
        #expect(counted() == [0, 0])
        put(0, northSouth.index, idleSeconds: 130)
        put(1, eastWest.index, idleSeconds: 200)
        put(2, eastWest.index, idleSeconds: 239)
        #expect(counted() == [1, 2])
        put(3, northSouth.index, idleSeconds: 110)  // half of the timeout has not passed
        put(4, northSouth.index, idleSeconds: 130, state: .closing)
        put(5, SessionKind(.northSouth, .udp).index, idleSeconds: 130)
        put(6, probed, idleSeconds: 130)  // the firewall probes it
        put(7, northSouth.index, idleSeconds: 130, levels: (2, 0))  // a probe within 34 s
        put(8, northSouth.index, idleSeconds: 130, levels: (0, 4))  // 69 to 137 s: it may be in time
        #expect(counted() == [1, 2])
        put(9, northSouth.index, idleSeconds: 140, levels: (5, 0))  // 137 s or more: too rare for 240 s
        #expect(counted() == [2, 2])
    }

    @Test(
        "MET-1 buckets are limits, inclusive, in seconds",
        arguments: [(1.0, 0), (1.1, 1), (240, 3), (241, 4), (1e6, 9)])
    func buckets(seconds: Double, bucket: Int) {
        #expect(DurationBuckets.index(ticks: UInt64(seconds * 1e9) / Tick.nanoseconds) == bucket)
    }
}
