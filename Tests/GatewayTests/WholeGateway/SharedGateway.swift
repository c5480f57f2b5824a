import Fleet
import FlowCore
import FlowLayout
import Glibc
import Kernel
import Lab
import Testing

@testable import Gateway

/// A gateway without a controller, on which a test starts, ends and steers instances by hand: the mechanisms without the decisions.
final class SharedGateway {
    let lab: Lab
    let datapath: Datapath
    let orders: InstanceOrders
    let sharing: SlabSharing
    private let binary: String
    private var processes: [UInt16: ChildProcess] = [:]

    /// Kills the controller and the instances that it has started, and starts others.
    init(_ lab: Lab, _ gateway: LabGateway, instances: [UInt16]) async throws {
        self.lab = lab
        binary = gateway.binary
        try await gateway.killAll()
        datapath = try Datapath.open(gateway: lab.name)
        orders = InstanceOrders(instances: datapath.table.instances, runtime: datapath.table.runtime)
        sharing = SlabSharing(table: datapath.table.seen(by: SlabSharing.pool))
        // The controller's instances have left slabs without sessions.
        for instance in 1..<UInt16(20) {
            sharing.discardSessions(of: instance, now: tick)
            orders.setState(of: instance, .stopped)
        }
        for instance in instances { orders.setState(of: instance, .starting) }
        for instance in instances { try start(instance) }
        for instance in instances { try await waitFor(instance, .serving) }
        steer(to: instances)
    }

    var tick: UInt32 { Tick.of(nanoseconds: MonotonicClock.nanoseconds()) }

    func start(_ instance: UInt16) throws {
        processes[instance] = try lab.spawn(
            in: .gateway, [binary, "instance-process", "--gateway", lab.name, "--identifier", "\(instance)"])
    }

    func waitFor(_ instance: UInt16, _ state: InstanceState, within limit: Duration = .seconds(15)) async throws {
        let orders = orders
        let reached = await eventually(within: limit) { orders.state(of: instance) == state }
        guard reached else {
            Issue.record(
                "instance \(instance) is \(orders.state(of: instance)), not \(state): \(processes[instance]?.allOutput ?? "")"
            )
            return
        }
    }

    /// In turn; Maglev does it better, but as evenly.
    func steer(to instances: [UInt16]) {
        SteeringMemory(entries: datapath.table.steering).write(
            (0..<SteeringMemory.count).map { UInt8(instances[$0 % instances.count]) })
        orders.setServing(instances)
    }

    /// kill -9, and the process is gone.
    func kill(_ instance: UInt16) async {
        processes[instance]?.send(signal: SIGKILL)
        _ = await processes[instance]?.waitForExit(within: .seconds(5))
    }

    func process(_ instance: UInt16) -> ChildProcess? { processes[instance] }

    var processIdentifiers: [UInt16: Int32] { processes.mapValues { Int32($0.identifier) } }

    func live(_ instance: UInt16) -> Int { sharing.counts()[instance]?.live ?? 0 }
}

/// Runs a test on such a gateway, with the profile's own clock.
func withSharedGateway(
    instances: [UInt16], _ body: (SharedGateway) async throws -> Void
) async throws {
    try await withRunningGateway { lab, gateway in
        try FileStore.replace(gateway.configurationPath, with: Array(lab.configuration(timeScale: 1).utf8))
        _ = try GatewayClient(gateway: lab.name).reload()
        try await body(SharedGateway(lab, gateway, instances: instances))
    }
}
