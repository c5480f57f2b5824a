import FlowCore
import FlowLayout
@testable import Inspection
import Kernel
import Policy

/// Session memory with the layout that the kernel shares, in ordinary memory.
final class TableMemory {
    let words: UnsafeMutablePointer<UInt64>
    let sessions: UnsafeMutablePointer<sluice_session>
    let slabs: UnsafeMutablePointer<sluice_slab>
    let slotCount = 256
    let slabShift = 6

    init() {
        words = .allocate(capacity: slotCount)
        words.initialize(repeating: 0, count: slotCount)
        sessions = .allocate(capacity: slotCount)
        sessions.initialize(repeating: sluice_session(), count: slotCount)
        slabs = .allocate(capacity: slotCount >> slabShift)
        slabs.initialize(repeating: sluice_slab(), count: slotCount >> slabShift)
        for slab in 0..<slotCount >> slabShift { slabs[slab].owner = UInt32(slab + 1) }
    }

    deinit {
        words.deallocate()
        sessions.deallocate()
        slabs.deallocate()
    }

    var memory: SessionMemory {
        SessionMemory(words: words, sessions: sessions, slabs: slabs, slotCount: slotCount, slabShift: slabShift)
    }

    /// Puts a session into a slot.
    func put(
        _ slot: Int, state: SessionState = .established, generation: UInt16 = 7, treatment: UInt16 = 0,
        idleTicks: UInt32 = 0,
        _ session: sluice_session
    ) {
        sessions[slot] = session
        let tick = Fixture.nowTick &- idleTicks
        words[slot] = ControlWord(tick: tick, state: state, treatment: treatment, generation: generation).rawValue
    }
}

enum Fixture {
    /// 1000 s after the start of the clock.
    static let nowNanoseconds: UInt64 = 1_000_000_000_000
    static var nowTick: UInt32 { Tick.of(nanoseconds: nowNanoseconds) }

    /// A session between two ends. The first one opens it.
    static func session(
        _ source: String, _ sourcePort: UInt16, _ destination: String, _ destinationPort: UInt16,
        ipProtocol: UInt8 = 6, rule: UInt16 = 3, flags: UInt8 = 0, ageTicks: UInt32 = 0
    ) -> sluice_session {
        guard let from = NetworkAddress(source), let to = NetworkAddress(destination) else { return sluice_session() }
        let (key, sourceIsLow) = sluice_session_key.of(
            source: from.layout, destination: to.layout, sourcePort: sourcePort, destinationPort: destinationPort,
            protocol: ipProtocol, family: from.family.rawValue)
        var session = sluice_session()
        session.key = key
        session.flags = flags | (sourceIsLow ? SessionFlags.originatorIsLow : 0)
        session.rule = rule
        session.createdTick = nowTick &- ageTicks
        session.originator = sluice_flow_end()
        session.originator.packets = 12
        session.originator.bytes = 3456
        session.originator.sequenceEnd = 1_000_100
        session.originator.acknowledged = 2_000_200
        session.originator.zone = 1
        session.responder.packets = 10
        session.responder.bytes = 7_890_123
        session.responder.sequenceEnd = 2_000_200
        session.responder.acknowledged = 1_000_100
        session.responder.zone = 2
        return session
    }

    static var treatments: [sluice_treatment] {
        func entry(_ seconds: UInt64, _ onIdle: OnIdle) -> sluice_treatment {
            sluice_treatment(
                timeoutTicks: Tick.covering(nanoseconds: seconds * 1_000_000_000), onIdle: onIdle.rawValue,
                reserved: (0, 0, 0))
        }
        // By kind: TCP, UDP, ICMP, others; then the same east-west.
        let others = [entry(240, .silent), entry(30, .silent), entry(240, .silent)]
        return [entry(240, .reset)] + others + [entry(300, .silent)] + others
    }

    static var describer: SessionDescriber {
        SessionDescriber(
            nowNanoseconds: nowNanoseconds, ruleNames: [3: "web"], zoneNames: [1: "client", 2: "internet"],
            treatments: treatments, stateTimeouts: stateTimeouts)
    }

    /// 30 s, 120 s, 10 s and 10 s.
    static var stateTimeouts: StateTimeouts {
        func ticks(_ seconds: UInt64) -> UInt32 { Tick.covering(nanoseconds: seconds * 1_000_000_000) }
        return StateTimeouts(
            halfOpenTicks: ticks(30), closingTicks: ticks(120), closedTicks: ticks(10), tombstoneTicks: ticks(10))
    }

    /// The given number of seconds in ticks.
    static func ticks(_ seconds: Double) -> UInt32 { UInt32(seconds * 1e9 / Double(Tick.nanoseconds)) }

    /// The sessions that the golden files show.
    static var table: TableMemory {
        let table = TableMemory()
        table.put(
            26, idleTicks: ticks(12.4),
            session("10.1.0.10", 51234, "203.0.113.10", 443, ageTicks: ticks(75.5)))
        table.put(
            70, treatment: TreatmentIndex.eastWest, idleTicks: ticks(0.5),
            session("fd00:1::10", 40000, "fd00:2::10", 5432, flags: SessionFlags.eastWest, ageTicks: ticks(3700)))
        table.put(
            71, state: .synSent, generation: 1,
            session("203.0.113.10", 1024, "10.1.0.10", 22, rule: 9, flags: SessionFlags.inbound))
        var reset = session("10.1.0.10", 51235, "203.0.113.10", 443, ageTicks: ticks(260))
        reset.endReason = EndReason.idleReset.rawValue
        table.put(200, state: .resetting, generation: 65535, idleTicks: ticks(2), reset)
        table.put(201, state: .ending, session("10.1.0.11", 1, "203.0.113.10", 443))
        table.put(
            202, treatment: TreatmentIndex.icmp, session("10.1.0.10", 77, "203.0.113.10", 77, ipProtocol: 1))
        return table
    }

    static var views: [SessionView] {
        var views: [SessionView] = []
        let table = table
        table.memory.forEach { views.append(describer.view($0)) }
        return views
    }

    static let version = BinaryVersion(version: "1.2.3", commit: "0123456789ab", layout: 8)

    /// A gateway without a finding.
    static func status(
        controller: GatewayStatus.Controller = .init(running: true, processIdentifier: 100),
        guardInstalled: Bool = true,
        attached: [Bool] = [true, true], present: Bool = true, count: Int = 3, halfOpen: Int = 1,
        instances: [GatewayStatus.Instance]? = nil, timeScale: Double = 1
    ) -> GatewayStatus {
        let names = ["eth1", "eth0"]
        let zones = zip(["client", "internet"], zip(names, attached)).map { zone, interface in
            GatewayStatus.Zone(
                name: zone,
                interfaces: [
                    .init(name: interface.0, present: present || interface.1, attached: interface.1, mtu: 1500)
                ])
        }
        return GatewayStatus(
            gateway: "edge-1", profile: "azure", continuity: "disruptive", timeScale: timeScale, controller: controller,
            guardInstalled: guardInstalled, routesByDestination: true, zones: zones,
            sessions: .init(
                count: count, capacity: 1000, halfOpen: halfOpen, halfOpenLimit: 500,
                byState: ["established": count - 1, "synSent": 1], byClass: ["northSouth": count - 1, "eastWest": 1]),
            memory: .init(totalBytes: 300_000, bytesPerSession: 250.5),
            fleet: fleet(), instances: instances ?? [instance()],
            policy: .init(activeImage: 1, rules: 12),
            timeouts: TimeoutNames.timeouts(
                configured: Profile.azure.defaults, effective: Profile.azure.defaults.scaled(by: timeScale)),
            drops: CounterNames.drops(counters), counters: CounterNames.others(counters))
    }

    /// Two instances: one serves, the other drains.
    static func fleet() -> FleetStatus {
        FleetStatus(
            gateway: "edge-1", minCapacity: 2, maxCapacity: 20, desired: 2,
            instances: [
                InstanceStatus(
                    identifier: 1, state: "serving", stateSeconds: 3725, cause: "capacity", processIdentifier: 200,
                    running: true, heartbeatAgeSeconds: 0.25, sessions: 3, cpu: 0.125, bitsPerSecond: 1_500_000_000),
                InstanceStatus(
                    identifier: 2, state: "serving", stateSeconds: 3720.5, cause: "recovery of instance 3",
                    processIdentifier: 201, running: true, heartbeatAgeSeconds: 0.1, sessions: 0, cpu: 0,
                    bitsPerSecond: 0),
            ])
    }

    static func instance(running: Bool = true, heartbeatAge: Double = 0.2) -> GatewayStatus.Instance {
        .init(
            identifier: 1, processIdentifier: 101, running: running, heartbeatAgeSeconds: heartbeatAge,
            uptimeSeconds: 3725,
            sessions: 3, begins: 1000, ends: 997, expired: 20, resetsSent: 44, resetsFailed: 0,
            probesSent: 2,
            scanShare: 0.0123)
    }

    static var counters: [UInt64] {
        var counters = [UInt64](repeating: 0, count: Int(SLUICE_MAX_COUNTERS))
        counters[Int(DropReason.denied.rawValue)] = 5
        counters[Int(DropReason.noSession.rawValue)] = 1234
        counters[Int(Counter.forwardedToSourcePackets.rawValue)] = 1_000_000
        counters[Int(Counter.forwardedToSourceBytes.rawValue)] = 1_500_000_000
        counters[Int(Counter.begunEastWestTCP.rawValue)] = 1000
        return counters
    }
}
