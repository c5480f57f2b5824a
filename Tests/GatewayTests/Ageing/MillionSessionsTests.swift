import FlowCore
import FlowLayout
import Glibc
import Kernel
import Testing

@testable import Gateway

/// Counts the segments that it gets.
private final class CountingOutlet: SegmentOutlet {
    var count = 0

    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int) {
        count += segments.count
        return (segments.count, 0)
    }
}

@Suite struct MillionSessionsTests {
    /// Fills every slot of a datapath with an established session, as the kernel program does, and takes it from its ring.
    private func fill(_ datapath: Datapath) {
        for slot in 0..<datapath.table.slotCount {
            let source = sluice_address(high: 0, low: 0xFFFF_0A00_0000 + UInt64(slot >> 14))
            let destination = sluice_address(high: 0, low: 0xFFFF_C000_0201)
            let (key, isLow) = sluice_session_key.of(
                source: source, destination: destination, sourcePort: UInt16(slot & 0x3FFF), destinationPort: 443,
                protocol: IPProtocol.tcp, family: 4)
            datapath.table.sessions[slot].key = key
            datapath.table.sessions[slot].flags = isLow ? SessionFlags.originatorIsLow : 0
            datapath.table.sessions[slot].originator.flags = EndFlags.syn | EndFlags.acknowledgment
            datapath.table.sessions[slot].responder.flags = EndFlags.syn | EndFlags.acknowledgment
            // Half of them are N-S, half are E-W.
            let word = ControlWord(tick: 0, state: .established, treatment: UInt16(slot & 1), generation: 0)
            datapath.table.words[slot] = word.rawValue
            #expect(datapath.insertFlow(key, slot: UInt32(slot)))
        }
        for slab in 0..<datapath.table.slabCount { datapath.table.slabs[slab].head = datapath.table.slabs[slab].tail }
        datapath.table.treatments[0] = sluice_treatment(
            timeoutTicks: 100, onIdle: OnIdle.reset.rawValue, reserved: (0, 0, 0))
        datapath.table.treatments[1] = sluice_treatment(
            timeoutTicks: 100, onIdle: OnIdle.silent.rawValue, reserved: (0, 0, 0))
        datapath.table.runtime.pointee.tombstoneTimeoutTicks = 10
    }

    private func milliseconds(since start: UInt64) -> UInt64 { (MonotonicClock.nanoseconds() - start) / 1_000_000 }

    @Test("IDLE-1 a million sessions of a full table expire together: one pass ends all, and every slot comes back")
    func together() throws {
        let datapath = try Datapath.load(gateway: "million-\(getpid())", capacitySessions: 1_000_000, pinned: false)
        let claiming = datapath.table.seen(by: Datapath.firstInstance)
        AgeingMachine(
            table: claiming, flows: KernelFlowTable(datapath: datapath), outlet: CountingOutlet(),
            probeIntervalTicks: 10
        ).beginRecovery()
        fill(datapath)
        let table = datapath.table.seen(by: Datapath.firstInstance)
        let outlet = CountingOutlet()
        let machine = AgeingMachine(
            table: table, flows: KernelFlowTable(datapath: datapath), outlet: outlet, probeIntervalTicks: 10)
        let slots = datapath.table.slotCount

        #expect(machine.pass(now: 100) == ScanResult())
        var start = MonotonicClock.nanoseconds()
        #expect(machine.pass(now: 101) == ScanResult(expired: slots, resets: slots / 2))
        let passMilliseconds = milliseconds(since: start)
        start = MonotonicClock.nanoseconds()
        while machine.workOff() {}
        let workMilliseconds = milliseconds(since: start)
        #expect(outlet.count == slots)
        #expect(machine.freeSlots.count == slots / 2)
        machine.pass(now: 112)
        while machine.workOff() {}
        #expect(machine.freeSlots.count == slots)
        #expect(machine.freeSlots.unlisted().isEmpty)
        #expect((0..<slots).allSatisfy { table.word($0).isState(.free) && table.word($0).generation == 1 })
        #expect(
            datapath.findFlow(datapath.table.sessions[0].key) == nil
                && datapath.findFlow(datapath.table.sessions[1].key) == nil)
        print(
            "\(slots) sessions: all ended in \(passMilliseconds) ms; resets built and slots released in \(workMilliseconds) ms"
        )
    }
}
