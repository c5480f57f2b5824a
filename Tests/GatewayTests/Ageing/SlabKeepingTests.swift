import Fleet
import FlowCore
import FlowLayout
import Testing

@testable import Gateway

@Suite struct SlabKeepingTests {
    @Test("FLEET-1 instances claim their fair share of the slabs; an instance without free slots gets more")
    func fairShare() {
        let fleet = PlainFleet(slabs: 16)
        fleet.serve([1, 2, 3])
        fleet.iterate()
        #expect(fleet.slabs == [0: 1, 1: 5, 2: 5, 3: 5])
        // Less than half a slab of the share is free: the instance that needs it gets the pool's last slab.
        for _ in 0..<(5 * 64 - 31) { fleet.admit(to: 2) }
        fleet.iterate()
        #expect(fleet.slabs == [1: 5, 2: 6, 3: 5])
        #expect(fleet.plain.slotsAreWhole())
    }

    @Test("SCALE-4 a new instance gets slabs that are wholly free; no session moves, and no slab with a session")
    func scaleOut() {
        let fleet = PlainFleet(slabs: 16)
        fleet.serve([1])
        #expect(fleet.slabs == [1: 16])
        var slots: [Int] = []
        for _ in 0..<200 { slots.append(fleet.admit(to: 1) ?? -1) }
        fleet.orders.setServing([1, 2])
        fleet.start(2)
        fleet.iterate(nanoseconds: 1_000_000_000)
        #expect(fleet.slabs == [1: 8, 2: 8])
        #expect(slots.allSatisfy { fleet.owner(of: $0) == 1 && fleet.plain.state($0) == .established })
        #expect(fleet.sharing.counts()[1]?.live == 200 && fleet.sharing.counts()[2]?.live == 0)
        #expect(fleet.plain.slotsAreWhole())
    }

    @Test("FLEET-1 each instance counts how many sessions began in its slabs, whichever instance owned them before")
    func begins() {
        let fleet = PlainFleet(slabs: 4)
        fleet.serve([1, 2])
        fleet.iterate()
        for _ in 0..<100 { fleet.admit(to: 1) }
        for _ in 0..<5 { fleet.admit(to: 2) }
        fleet.iterate()
        let records = fleet.plain.table.instances
        #expect(records[1].begins == 100 && records[2].begins == 5)
        // Sessions that are taken over began at another instance.
        fleet.kill(2)
        for slab in 0..<4 where fleet.sharing.owner(of: slab) == 2 { fleet.sharing.give(slab, from: 2, to: 1) }
        fleet.iterate()
        fleet.admit(to: 1)
        fleet.iterate()
        #expect(records[1].begins == 101 && records[2].begins == 5)
    }

    @Test("FLEET-1 a table with fewer slabs than instances: an instance without one takes the next returned slab")
    func fewSlabs() {
        let fleet = PlainFleet(slabs: 1)
        fleet.serve([1, 2])
        #expect(fleet.slabs == [1: 1])
        fleet.orders.setState(of: 1, .drainingRefuse)
        fleet.orders.setServing([2])
        fleet.iterate(nanoseconds: 500_000_000)
        #expect(fleet.slabs == [2: 1])
    }

    @Test("FLEET-1 a session that begins in a slab while it is returned is found in the pool, and aged")
    func raceWithReturn() throws {
        let fleet = PlainFleet(slabs: 4)
        fleet.serve([1, 2])
        fleet.iterate()
        // The kernel program had read owner and ring before the slab was returned, and took its slot after.
        let slab = try #require((0..<4).first { fleet.sharing.owner(of: $0) == 2 })
        #expect(fleet.sharing.give(slab, from: 2, to: SlabSharing.pool))
        let slot = try #require(fleet.plain.admit(port: 7, tick: fleet.tick, slab: slab))
        #expect(fleet.sharing.poolSlabsWithSessions() == [slab])
        fleet.iterate()
        #expect(fleet.sharing.poolSlabsWithSessions().isEmpty)
        #expect(fleet.owner(of: slot) != SlabSharing.pool)
        let timeout = UInt64(PlainTable.northSouthTicks) * Tick.nanoseconds
        fleet.iterate(nanoseconds: timeout + 1_000_000_000)
        #expect(fleet.plain.state(slot) == .free)
        #expect(fleet.plain.outlet.segments.count == 2)
    }

    @Test("DRAIN-1 an instance that refuses new sessions returns its free slabs at once, and keeps its sessions")
    func refusing() throws {
        let fleet = PlainFleet(slabs: 8)
        fleet.serve([1, 2])
        fleet.iterate()
        let slot = try #require(fleet.admit(to: 1))
        fleet.orders.setServing([2])
        fleet.orders.setState(of: 1, .drainingRefuse)
        fleet.iterate(nanoseconds: 1_000_000_000)
        #expect(fleet.slabs == [1: 1, 2: 7])
        #expect(fleet.plain.state(slot) == .established && fleet.owner(of: slot) == 1)
        #expect(fleet.plain.outlet.segments.isEmpty)
        // Cancelled: it serves as before.
        fleet.orders.setState(of: 1, .serving)
        fleet.orders.setServing([1, 2])
        fleet.iterate(nanoseconds: 1_000_000_000)
        #expect(fleet.slabs == [1: 4, 2: 4])
    }

    @Test("RECOV-1 the loop's heartbeat answers the controller's question")
    func answers() {
        let fleet = PlainFleet(slabs: 1)
        let heartbeat = Heartbeat(record: fleet.plain.table.instances + 3)
        let first = fleet.orders.ask(3)
        #expect(fleet.orders.answered(by: 3) < first)
        heartbeat.beat(now: 5)
        #expect(fleet.orders.answered(by: 3) == first && fleet.orders.heartbeatNanoseconds(of: 3) == 5)
        let second = fleet.orders.ask(3)
        #expect(second > first && fleet.orders.answered(by: 3) < second)
    }

    @Test("FLEET-2 a process that starts in the middle of a drain continues the drain; otherwise it serves")
    func beginning() {
        let fleet = PlainFleet(slabs: 1)
        for state in InstanceState.allCases {
            fleet.orders.setState(of: 3, state)
            Heartbeat(record: fleet.plain.table.instances + 3).begin(processIdentifier: 7, now: 1)
            let isDrain = [.drainingRefuse, .drainingReset, .ending].contains(state)
            #expect(fleet.orders.state(of: 3) == (isDrain ? state : .serving))
        }
    }
}
