import FlowCore
import FlowLayout
import FlowModel
import Foundation
import Kernel
import Policy

@testable import Gateway

/// A table that several processors and instances share.
protocol OrderingMemory: AnyObject, Sendable {
    func view(_ instance: UInt16) -> SessionTable
    func findFlow(_ key: sluice_session_key) -> sluice_flow_value?
    func removeFlow(_ key: sluice_session_key, slot: UInt32)
    /// The rule that allows sessions to a port.
    func rule(port: UInt16) -> UInt16
    /// Processes a packet as a processor does. For one thread.
    func processor(
        _ pace: Pace, handOut: @escaping (UInt32) -> Void
    ) -> (_ frame: [UInt8], _ zone: UInt8, _ now: UInt32) -> Void
}

extension OrderingMemory {
    /// Ports of servers, one for each session. Few, so that several processors often begin and end the same session at once.
    static var ports: Range<UInt16> { 1000..<1024 }

    /// Sessions end soon, and without a RST; both instances take new ones.
    func prepare() {
        let table = view(1)
        for index in [TreatmentIndex.northSouth, TreatmentIndex.eastWest] {
            table.treatments[Int(index)].timeoutTicks = 200
            table.treatments[Int(index)].onIdle = OnIdle.silent.rawValue
        }
        let runtime = table.runtime
        runtime.pointee.halfOpenLimit = UInt32(table.slotCount)
        runtime.pointee.halfOpenTimeoutTicks = 60
        runtime.pointee.closingTimeoutTicks = 60
        runtime.pointee.closedTimeoutTicks = 10
        runtime.pointee.tombstoneTimeoutTicks = 10
        runtime.pointee.sourceEpochShift = SourceTally.shift(halfOpenTimeoutTicks: 60)
        runtime.pointee.servingInstances = 0b110
    }
}

/// Plain memory, with FlowCore on processors that pause at any point. Unchecked: the tests show that its memory may be shared.
final class ModelOrdering: OrderingMemory, @unchecked Sendable {
    private let tables = ModelTables(slabs: 8, slabShift: 5)
    private let attempts = SharedAttempts()

    init() {
        for entry in 0..<Int(SLUICE_STEERING_ENTRIES) { tables.table.steering[entry] = UInt8(1 + entry % 2) }
        prepare()
    }

    func view(_ instance: UInt16) -> SessionTable { tables.table.seen(by: instance) }

    func findFlow(_ key: sluice_session_key) -> sluice_flow_value? {
        var key = key
        return tables.findFlow(&key)
    }

    func removeFlow(_ key: sluice_session_key, slot: UInt32) {
        var key = key
        tables.removeFlow(&key, slot: slot)
    }

    func rule(port: UInt16) -> UInt16 { port }

    func processor(
        _ pace: Pace, handOut: @escaping (UInt32) -> Void
    ) -> (_ frame: [UInt8], _ zone: UInt8, _ now: UInt32) -> Void {
        let slowed = SlowedTables(memory: tables, attempts: attempts, pace: pace, handOut: handOut)
        return { frame, zone, now in
            var route = sluice_route()
            route.kind = RouteKind.forward.rawValue
            route.zone = 3 - zone
            route.sourceZone = zone
            var packet = sluice_packet()
            _ = Judge.judge(
                FrameBytes(frame), linkHeaderLength: 14, etherType: 0x0800, zone: zone, route: &route, now: now,
                packet: &packet, slowed)
        }
    }
}

/// The kernel's maps, with the kernel program on the threads' processors (BPF_PROG_TEST_RUN). Unchecked: as above.
final class KernelOrdering: OrderingMemory, @unchecked Sendable {
    private let datapath: Datapath
    private let rules: [UInt16: UInt16]

    init() throws {
        datapath = try Datapath.load(
            gateway: "ordering", capacitySessions: 256, pinned: false, programs: [ProgramName.judgeTest])
        let lines = Self.ports.enumerated().map { index, port in
            "  - { name: to-\(port), priority: \(100 + index), access: Allow, protocol: Tcp, source: [\"*\"], "
                + "destination: [\"*\"], destinationPorts: [\(port)] }"
        }
        let text = """
            gateway: ordering
            zones:
              - { name: inside, interfaces: [eth1] }
              - { name: outside, interfaces: [eth0] }
            rules:
            \(lines.joined(separator: "\n"))
            """
        let configuration = try Configuration.parse(text, file: "test.yaml")
        var identities = RuleIdentities()
        var treatments = TreatmentTable(timeouts: configuration.timeouts)
        try PolicyImage(compiling: configuration, identities: &identities, treatments: &treatments)
            .write(to: datapath.policyMemory(0))
        rules = Dictionary(uniqueKeysWithValues: Self.ports.map { ($0, identities.identity(of: "to-\($0)") ?? 0) })
        datapath.table.runtime.pointee.activePolicy = 0
        for entry in 0..<Int(SLUICE_STEERING_ENTRIES) { datapath.table.steering[entry] = UInt8(1 + entry % 2) }
        prepare()
    }

    func view(_ instance: UInt16) -> SessionTable { datapath.table.seen(by: instance) }
    func findFlow(_ key: sluice_session_key) -> sluice_flow_value? { datapath.findFlow(key) }
    func removeFlow(_ key: sluice_session_key, slot: UInt32) { datapath.removeFlow(key, slot: slot) }
    func rule(port: UInt16) -> UInt16 { rules[port] ?? 0 }

    func processor(
        _ pace: Pace, handOut: @escaping (UInt32) -> Void
    ) -> (_ frame: [UInt8], _ zone: UInt8, _ now: UInt32) -> Void {
        { [datapath] frame, zone, now in
            var context = PacketContext()
            context.control0 =
                UInt32(zone) | UInt32(RouteKind.forward.rawValue) << 8 | UInt32(3 - zone) << 16 | UInt32(zone) << 24
            context.control1 = now
            _ = try? datapath.runProgram(named: ProgramName.judgeTest, packet: frame, context: context)
        }
    }
}
