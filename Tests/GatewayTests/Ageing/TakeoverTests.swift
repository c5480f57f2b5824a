import FlowCore
import FlowLayout
import Glibc
import Kernel
import Testing

@testable import Gateway

private final class NoOutlet: SegmentOutlet {
    var count = 0

    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
        count += segments.count
        return (segments.count, 0)
    }
}

/// Many sessions in the memory of a real datapath. `swift test --filter TakeoverTests` prints their cost.
@Suite(.serialized) struct TakeoverTests {
    /// Of processor time, because other tests run at the same time.
    private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = Self.processorNanoseconds()
        try body()
        return Double(Self.processorNanoseconds() - start) / 1e6
    }

    private static func processorNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func machine(_ datapath: Datapath, _ instance: UInt16, _ outlet: NoOutlet) -> AgeingMachine<KernelFlowTable>
    {
        AgeingMachine(
            table: datapath.table.seen(by: instance), flows: KernelFlowTable(datapath: datapath),
            outlet: outlet, probeIntervalTicks: 10)
    }

    /// All sessions belong to instance 1.
    private func full(sessions: Int) throws -> Datapath {
        let datapath = try Datapath.load(gateway: "takeover-\(getpid())", capacitySessions: sessions, pinned: false)
        machine(datapath, 1, NoOutlet()).beginRecovery()
        var entered = 0
        for slot in 0..<datapath.table.slotCount {
            let (key, isLow) = sluice_session_key.of(
                source: sluice_address(high: 0, low: 0xFFFF_0A00_0000 + UInt64(slot >> 14)),
                destination: sluice_address(high: 0, low: 0xFFFF_C000_0201), sourcePort: UInt16(slot & 0x3FFF),
                destinationPort: 443, protocol: IPProtocol.tcp, family: 4)
            datapath.table.sessions[slot].key = key
            datapath.table.sessions[slot].flags = isLow ? SessionFlags.originatorIsLow : 0
            datapath.table.words[slot] =
                ControlWord(tick: 100, state: .established, treatment: 0, generation: 0).rawValue
            if datapath.insertFlow(key, slot: UInt32(slot)) { entered += 1 }
        }
        #expect(entered == datapath.table.slotCount)
        for slab in 0..<datapath.table.slabCount { datapath.table.slabs[slab].head = datapath.table.slabs[slab].tail }
        datapath.table.treatments[0] = sluice_treatment(
            timeoutTicks: 1000, onIdle: OnIdle.reset.rawValue, reserved: (0, 0, 0))
        datapath.table.runtime.pointee.tombstoneTimeoutTicks = 10
        return datapath
    }

    @Test("KEEP-2 a million sessions change their owner, and the new owners age them, in well under a second")
    func move() throws {
        let datapath = try full(sessions: 1_000_000)
        let sharing = SlabSharing(table: datapath.table.seen(by: 0))
        let outlet = NoOutlet()
        let survivors = [machine(datapath, 2, outlet), machine(datapath, 3, outlet)]
        for survivor in survivors { survivor.beginRecovery() }
        var moved = SlabSharing.Move()
        let moving = milliseconds { moved = sharing.moveSlabs(from: 1, to: [2, 3]) }
        let noticing = milliseconds { for survivor in survivors { survivor.pass(now: 101) } }
        #expect(moved == SlabSharing.Move(slabs: datapath.table.slabCount, sessions: datapath.table.slotCount))
        let counts = sharing.counts()
        let difference = (counts[2]?.live ?? 0) - (counts[3]?.live ?? 0)
        #expect(abs(difference) <= 1 << datapath.table.slabShift)
        #expect(outlet.count == 0 && survivors.allSatisfy { $0.work.isEmpty })
        #expect(moving + noticing < 1000)
        // The timers continue: 1,000 ticks after 100.
        for survivor in survivors { #expect(survivor.pass(now: 1100) == ScanResult()) }
        #expect(survivors.reduce(0) { $0 + $1.pass(now: 1101).expired } == datapath.table.slotCount)
        print(
            "KEEP-2: \(moved.sessions) sessions moved in \(moving) ms of processor time, "
                + "noticed and scanned by their new owners in \(noticing) ms")
    }

    @Test("DRAIN-2 RECOV-2 many sessions: reset in a drain, discarded after a loss; with the cost")
    func drain() throws {
        let datapath = try full(sessions: 200_000)
        let outlet = NoOutlet()
        let drained = machine(datapath, 1, outlet)
        let orders = InstanceOrders(instances: datapath.table.instances, runtime: datapath.table.runtime)
        orders.setServing([2])
        orders.setState(of: 1, .drainingReset, drainWindowNanoseconds: 1)
        let resetting = milliseconds {
            _ = drained.drain(now: 101 << Tick.shift, isPass: true)
            #expect(drained.drain(now: 102 << Tick.shift, isPass: true) == .waiting)
            while drained.workOff() {}
        }
        #expect(outlet.count == 2 * datapath.table.slotCount)
        // The process is lost. The controller discards its sessions, and another instance releases them.
        let sharing = SlabSharing(table: datapath.table.seen(by: 0))
        let other = machine(datapath, 2, outlet)
        orders.setState(of: 1, .stopped)
        let discarding = milliseconds { sharing.discardSessions(of: 1, now: 102) }
        let releasing = milliseconds {
            other.pass(now: 103)
            while other.workOff() {}
        }
        #expect(other.freeSlots.count == datapath.table.slotCount)
        #expect(datapath.findFlow(datapath.table.sessions[0].key) == nil)
        print(
            "\(datapath.table.slotCount) sessions: \(outlet.count) resets built in \(resetting) ms; dropped in \(discarding) ms, "
                + "released by another instance in \(releasing) ms")
    }
}
