import FlowCore
import FlowLayout
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Kernel

@Suite("The datapath in the kernel", .onTheKernel, .serialized)
struct DatapathTests {
    @Test("the datapath is loaded, pinned, opened a second time, and gone when unpinned")
    func roundTrip() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        #expect(!Datapath.exists(gateway: gateway))
        #expect(throws: KernelError.notLoaded(gateway: gateway, path: "/sys/fs/bpf/sluice/\(gateway)")) {
            try Datapath.open(gateway: gateway)
        }
        let loaded = try Datapath.load(gateway: gateway, capacitySessions: 1000)
        #expect(Datapath.exists(gateway: gateway))
        #expect(Datapath.gateways().contains(gateway))
        #expect(throws: KernelError.alreadyLoaded(gateway: gateway, path: "/sys/fs/bpf/sluice/\(gateway)")) {
            try Datapath.load(gateway: gateway, capacitySessions: 1000)
        }
        var status = stat()
        #expect(stat("/sys/fs/bpf/sluice/\(gateway)", &status) == 0 && status.st_mode & 0o777 == 0o700)

        let opened = try Datapath.open(gateway: gateway)
        #expect(opened.table.slotCount == loaded.table.slotCount && opened.table.slabShift == loaded.table.slabShift)
        #expect(opened.programNames == loaded.programNames && opened.programNames.contains("sluice_ingress"))
        #expect(opened.ingressProgramIdentifier == loaded.ingressProgramIdentifier)
        // Both objects map the same memory.
        loaded.table.words[3] = 0x0123_4567_89AB_CDEF
        #expect(sluice_load64(opened.table.words + 3) == 0x0123_4567_89AB_CDEF)
        opened.policyMemory(1)[Int(SLUICE_POLICY_BYTES) - 1] = 7
        #expect(loaded.policyMemory(1)[Int(SLUICE_POLICY_BYTES) - 1] == 7)

        try opened.unpin()
        #expect(!Datapath.exists(gateway: gateway))
    }

    @Test("a gateway's name may have any character")
    func anyName() throws {
        let gateway = KernelMachine.gatewayName() + ".example/50%"
        defer { try? Datapath.removePins(gateway: gateway) }
        _ = try Datapath.load(gateway: gateway, capacitySessions: 1)
        #expect(Datapath.exists(gateway: gateway))
        #expect(Datapath.gateways().contains(gateway))
        #expect(GatewayName.table("a.b") == "sluice_a/2Eb")
        #expect(throws: KernelError.self) { try GatewayName.check("") }
    }

    @Test("all slots are free at first, and in the pool; new sessions go to instance 1", arguments: [1, 1000, 100_000])
    func freeAtFirst(capacity: Int) throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: capacity, pinned: false)
        let plan = try SlabPlan(capacitySessions: capacity)
        #expect(datapath.table.slotCount == plan.slotCount && datapath.table.slabCount == plan.slabCount)
        #expect(datapath.table.slotCount >= capacity && datapath.table.slotCount - capacity < plan.slabSlots)
        #expect(datapath.table.runtime.pointee.layoutVersion == UInt32(SLUICE_LAYOUT_VERSION))
        #expect(datapath.table.runtime.pointee.capacitySessions == UInt32(plan.slotCount))
        #expect(datapath.table.runtime.pointee.slabShift == UInt32(plan.slabShift))
        for slab in 0..<datapath.table.slabCount {
            #expect(datapath.table.slabs[slab].head == 0 && datapath.table.slabs[slab].tail == UInt32(plan.slabSlots))
            #expect(datapath.table.slabs[slab].owner == 0)
            let ring = UnsafeBufferPointer(
                start: datapath.table.freeRing + slab << datapath.table.slabShift, count: plan.slabSlots)
            #expect(ring.enumerated().allSatisfy { Int($0.element) == $0.offset })
        }
        #expect((0..<Int(SLUICE_STEERING_ENTRIES)).allSatisfy { datapath.table.steering[$0] == 1 })
        #expect(datapath.table.runtime.pointee.servingInstances == 0b10)
        let bits = withUnsafeBytes(of: datapath.table.instances[0].slabsWithFreeSlots) { bytes in
            bytes.bindMemory(to: UInt64.self).map { $0 }
        }
        for slab in 0..<Int(SLUICE_MAX_SLABS) {
            #expect((bits[slab / 64] >> UInt64(slab % 64) & 1 == 1) == (slab < datapath.table.slabCount))
        }
    }

    @Test(
        "slabs: at least 64 slots, at most 65,536, at most 256 of them",
        arguments: [
            (1, 6, 1), (64, 6, 1), (65, 6, 2), (16384, 6, 256), (16385, 7, 129), (1_000_000, 12, 245),
            (1 << 24, 16, 256),
        ])
    func slabPlan(capacity: Int, shift: Int, count: Int) throws {
        let plan = try SlabPlan(capacitySessions: capacity)
        #expect(plan.slabShift == shift && plan.slabCount == count)
    }

    @Test(
        "BAD-6 a capacity outside the limits is refused, and the message shows the limits",
        arguments: [0, -1, 1 << 24 + 1])
    func impossibleCapacity(capacity: Int) {
        let error = #expect(throws: KernelError.self) {
            try Datapath.load(gateway: KernelMachine.gatewayName(), capacitySessions: capacity, pinned: false)
        }
        #expect(error?.description.contains("between 1 and 16777216") == true)
    }

    @Test("what a process writes to the mapped memory is in the kernel's maps")
    func coherence() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 64, pinned: false)
        datapath.table.treatments[17].timeoutTicks = 4711
        datapath.table.treatments[17].onIdle = OnIdle.probe.rawValue
        #expect(try datapath.elementInKernel("sluice_treatments", 17, as: sluice_treatment.self).timeoutTicks == 4711)
        try datapath.interfaces.set(
            sluice_interface(zone: 1, linkHeaderLength: 14, handsToPeer: 0, reserved: 0, mtu: 9000), at: 65535)
        #expect(try datapath.elementInKernel("sluice_interfaces", 65535, as: sluice_interface.self).mtu == 9000)
        datapath.table.freeRing[5] = 99
        #expect(try datapath.elementInKernel("sluice_free", 1, as: UInt64.self) >> 16 & 0xFFFF == 99)
        datapath.table.sessions[63].createdTick = 12
        #expect(try datapath.elementInKernel("sluice_sessions", 63, as: sluice_session.self).createdTick == 12)
    }

    @Test("flows are found, and removed by their own slots only")
    func flows() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 1000, pinned: false)
        func key(_ number: Int) -> sluice_session_key {
            sluice_session_key(
                lowAddress: sluice_address(high: 0, low: UInt64(number)), highAddress: sluice_address(high: 1, low: 2),
                lowPort: 3, highPort: 4, protocol: 6, family: 6, echoAsker: 0)
        }
        for number in 0..<1000 where number % 3 != 0 {
            datapath.table.sessions[number].key = key(number)
            datapath.table.words[number] = 9 << 48
            #expect(datapath.insertFlow(key(number), slot: UInt32(number)))
        }
        #expect(datapath.findFlow(key(7))?.slot == 7 && datapath.findFlow(key(7))?.generation == 9)
        #expect(datapath.findFlow(key(6)) == nil)
        datapath.removeFlow(key(998), slot: 7)
        for number in 0..<998 { datapath.removeFlow(key(number), slot: UInt32(number)) }
        for number in 0..<998 { #expect(datapath.findFlow(key(number)) == nil) }
        #expect(datapath.findFlow(key(998)) != nil)
    }

    @Test("BAD-6 memory of another version is refused, and the message says what to do")
    func otherLayout() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 1)
        datapath.table.runtime.pointee.layoutVersion = 999
        let error = #expect(throws: KernelError.self) { try Datapath.open(gateway: gateway) }
        #expect(
            error == .layoutMismatch(gateway: gateway, found: 999, expected: UInt32(SLUICE_LAYOUT_VERSION)))
        #expect(error?.description.contains("ends every session") == true)
    }

    @Test("BAD-6 a kernel program that is refused leaves nothing behind, and the verifier's log is in the message")
    func refusedProgram() throws {
        let error = #expect(throws: KernelError.self) {
            try ObjectLoader.load(object: Array("not an object".utf8), programs: [], mapCapacities: [:])
        }
        guard case .refused(_, _, let log) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!log.isEmpty)
    }

    @Test("a session takes at most 256 bytes at a million sessions")
    func memory() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 1_000_000, pinned: false)
        let memory = datapath.memory()
        #expect(memory.bytesPerSession > 138 && memory.bytesPerSession <= 256, "\(memory.bytesPerSession) bytes")
        #expect(memory.bytes["sluice_sessions", default: 0] >= 128_000_000)
        #expect(memory.totalBytes > memory.slotCount * 138)
    }

    @Test("counters are zero at first, and a run of the program returns a verdict and the packet")
    func runs() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 64, pinned: false)
        #expect(datapath.counters() == [UInt64](repeating: 0, count: Int(SLUICE_MAX_COUNTERS)))
        let packet = [UInt8](repeating: 0xA5, count: 60)
        let run = try datapath.runProgram(named: "sluice_ingress", packet: packet, context: PacketContext(mark: 5))
        #expect(run.packet == packet)
        #expect(throws: KernelError.programMissing(name: "sluice_nothing")) {
            try datapath.runProgram(named: "sluice_nothing", packet: packet)
        }
        #expect(throws: KernelError.self) { try datapath.runProgram(named: "sluice_ingress", packet: [1, 2, 3]) }
    }

    @Test("SCALE-3 the program's run time is sampled while it runs, and costs nothing between samples")
    func runStatistics() async throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 64, pinned: false)
        let packet = [UInt8](repeating: 0xA5, count: 60)
        // This needs its own thread: other tests may occupy all threads of the concurrency pool.
        let isOver = Atomic(false)
        let running = Thread {
            while !isOver.load(ordering: .relaxed) {
                _ = try? datapath.runProgram(named: "sluice_ingress", packet: packet, repetitions: 100)
            }
        }
        running.start()
        defer { isOver.store(true, ordering: .relaxed) }
        var statistics = RunStatistics(runs: 0, nanoseconds: 0)
        for _ in 0..<50 where statistics.runs == 0 {
            statistics = try RunStatistics.sample(datapath: datapath, microseconds: 50_000)
        }
        #expect(statistics.runs > 0 && statistics.nanoseconds > 0)
        #expect((statistics.nanosecondsPerRun ?? 0) > 1)
        #expect(datapath.slabTraffic().count == datapath.table.slabCount)
        #expect(datapath.slabTraffic().allSatisfy { $0.packets == 0 && $0.bytes == 0 })
    }
}

extension Datapath {
    /// An element of a map, read by a lookup in the kernel, not from the shared memory.
    func elementInKernel<Element: BitwiseCopyable>(_ name: String, _ index: UInt32, as: Element.Type) throws -> Element
    {
        let map = try #require(maps[name])
        return try withUnsafeTemporaryAllocation(byteCount: map.stride, alignment: 16) { buffer in
            try map.lookup(index, into: buffer)
            return buffer.load(as: Element.self)
        }
    }
}
