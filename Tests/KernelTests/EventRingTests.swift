import FlowCore
import FlowLayout
import Testing

@testable import Kernel

@Suite("The event ring", .onTheKernel)
struct EventRingTests {
    /// A SYN to port 443 of 10.0.0.2, from another port each time.
    private func synchronise(port: UInt16) -> [UInt8] {
        let link: [UInt8] = [0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 8, 0]
        var header: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x26, 0xCE, 10, 0, 0, 1, 10, 0, 0, 2]
        header += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 1, 0xBB]
        return link + header + [0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xFF, 0xFF, 0, 0, 0, 0]
    }

    @Test("BAD-6 an instance's ring is found by the name of its pin, and the pin is removed with it")
    func named() throws {
        let gateway = KernelMachine.gatewayName()
        defer { try? Datapath.removePins(gateway: gateway) }
        let datapath = try Datapath.load(gateway: gateway, capacitySessions: 64, programs: [ProgramName.judgeTest])
        func named() throws -> UInt32? {
            try datapath.pins?.markedMap("ring-3", name: MapName.events)?.identifier
        }
        func entered() throws -> UInt32 {
            var value: UInt64 = 0
            try withUnsafeMutableBytes(of: &value) { try datapath.map(MapName.events).lookup(3, into: $0) }
            return UInt32(truncatingIfNeeded: value)
        }
        #expect(try named() == nil)
        _ = try EventRing(datapath: datapath, instance: 3)
        let first = try entered()
        #expect(try named() == first)
        // Another process finds the same ring. The other pins do not disturb it.
        _ = try EventRing(datapath: try Datapath.open(gateway: gateway), instance: 3)
        #expect(try entered() == first)
        EventRing.remove(datapath: datapath, instance: 3)
        #expect(try named() == nil)
        _ = try EventRing(datapath: datapath, instance: 3)
        let second = try entered()
        #expect(try second != first && named() == second)
    }

    @Test("records are delivered once, in order, and at most as many at a time as asked for")
    func drain() throws {
        let datapath = try Datapath.load(
            gateway: KernelMachine.gatewayName(), capacitySessions: 64, pinned: false, programs: [ProgramName.judgeTest]
        )
        datapath.table.runtime.pointee.denyEventsPerTick = 1000
        let ring = try EventRing(datapath: datapath)
        #expect(ring.fileDescriptor >= 0)
        let none = ring.drain { _ in }
        #expect(none == 0)
        // From zone 1 to zone 2; the policy is empty, and denies everything.
        var context = PacketContext()
        context.control0 = 0x0102_0101
        for port in 1000..<UInt16(1010) {
            _ = try datapath.runProgram(named: ProgramName.judgeTest, packet: synchronise(port: port), context: context)
        }
        var ports: [UInt16] = []
        let first = ring.drain(atMost: 4) { event in
            #expect(event.kind == EventKind.deny.rawValue && event.reason == DropReason.denied.rawValue)
            ports.append(event.key.lowPort)
        }
        #expect(first == 4)
        #expect(ports == [1000, 1001, 1002, 1003])
        let others = ring.drain { ports.append($0.key.lowPort) }
        #expect(others == 6)
        #expect(ports == Array(1000..<1010))
        let nothingMore = ring.drain { _ in }
        #expect(nothingMore == 0)
    }
}
