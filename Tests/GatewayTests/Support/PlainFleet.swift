import FlowCore
import FlowLayout

@testable import Gateway

/// Several instances on one table in plain memory, with a separate clock.
final class PlainFleet {
    let plain: PlainTable
    /// The machines of those that have a process.
    private(set) var machines: [UInt16: AgeingMachine<PlainFlows>] = [:]
    private(set) var now: UInt64 = 1_000_000_000_000
    let orders: InstanceOrders
    let sharing: SlabSharing
    private var nextPort: UInt16 = 0

    /// All slabs are in the pool at first.
    init(slabs: Int = 16) {
        plain = PlainTable(slots: slabs << 6)
        orders = InstanceOrders(instances: plain.table.instances, runtime: plain.table.runtime)
        sharing = SlabSharing(table: plain.table)
        for slab in 0..<slabs { sharing.give(slab, from: 1, to: SlabSharing.pool) }
    }

    var tick: UInt32 { Tick.of(nanoseconds: now) }

    func view(_ instance: UInt16) -> SessionTable { plain.table.seen(by: instance) }

    /// The process of an instance begins to serve.
    func start(_ instance: UInt16) {
        let machine = AgeingMachine(
            table: view(instance), flows: plain.flows, outlet: plain.outlet, probeIntervalTicks: 50)
        machines[instance] = machine
        plain.table.instances[Int(instance)].processIdentifier = 1
        if orders.state(of: instance) != .drainingReset { orders.setState(of: instance, .serving) }
        machine.beginRecovery(now: tick)
    }

    /// kill -9.
    func kill(_ instance: UInt16) { machines[instance] = nil }

    func serve(_ instances: [UInt16]) {
        orders.setServing(instances)
        for instance in instances { start(instance) }
    }

    /// Advances the time; every process runs its loop once in `step` nanoseconds.
    @discardableResult
    func iterate(nanoseconds: UInt64 = 250_000_000, step: UInt64 = 250_000_000) -> [UInt16: DrainProgress] {
        var progress: [UInt16: DrainProgress] = [:]
        let end = now + nanoseconds
        while now < end {
            now += step
            for (instance, machine) in machines.sorted(by: { $0.key < $1.key }) {
                machine.pass(now: tick)
                progress[instance] = machine.drain(now: now, isPass: true)
                while machine.workOff() {}
            }
        }
        return progress
    }

    /// Does what the kernel does: a session begins in a slot of that instance.
    @discardableResult
    func admit(
        to instance: UInt16, state: SessionState = .established, treatment: UInt16 = TreatmentIndex.northSouth
    ) -> Int? {
        guard let slab = (0..<plain.table.slabCount).first(where: { hasRoom($0, instance) }) else { return nil }
        nextPort &+= 1
        return plain.admit(port: nextPort, state: state, treatment: treatment, tick: tick, slab: slab)
    }

    private func hasRoom(_ slab: Int, _ instance: UInt16) -> Bool {
        sharing.owner(of: slab) == instance && SlabRing.count(plain.table.slabs + slab) > 0
    }

    func owner(of slot: Int) -> UInt16 { sharing.owner(of: slot >> plain.table.slabShift) }

    /// Slabs by owner; the pool is 0.
    var slabs: [UInt16: Int] {
        var result: [UInt16: Int] = [:]
        for slab in 0..<plain.table.slabCount { result[sharing.owner(of: slab), default: 0] += 1 }
        return result
    }
}
