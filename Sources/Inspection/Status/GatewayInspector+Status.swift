import FlowLayout
import Glibc
import Kernel
import Policy

extension GatewayInspector {
    /// The gateway at a glance.
    package func status() throws(InspectionError) -> GatewayStatus {
        let configuration = try directory.configuration()
        let controller = directory.controllerProcess()
        let census = SessionCensus(memory)
        let instances = instances(census)
        let processes = [controller].compactMap(\.self) + instances.filter(\.running).map(\.processIdentifier)
        let (zones, guardInstalled) = ProcessNetwork.run(ofAny: processes) {
            (self.zones(configuration), Guard.isInstalled(gateway: gateway))
        }
        let runtime = datapath.runtime.pointee
        let counters = datapath.counters()
        let cost = datapath.memory()
        return GatewayStatus(
            gateway: gateway,
            profile: configuration.profile.rawValue,
            continuity: configuration.continuity.rawValue,
            timeScale: configuration.timeScale,
            controller: .init(
                running: controller != nil, processIdentifier: controller ?? 0,
                problems: controller == nil ? [] : try directory.controllerProblems()),
            guardInstalled: guardInstalled,
            zones: zones,
            sessions: .init(
                count: census.count, capacity: Int(runtime.capacitySessions), halfOpen: Int(runtime.halfOpenCount),
                halfOpenLimit: Int(runtime.halfOpenLimit), byState: census.byState, byClass: census.byClass),
            memory: .init(totalBytes: UInt64(cost.totalBytes), bytesPerSession: cost.bytesPerSession),
            instances: instances,
            policy: .init(activeImage: Int(runtime.activePolicy), rules: configuration.rules.count),
            timeouts: TimeoutNames.timeouts(
                configured: configuration.unscaledTimeouts, effective: configuration.timeouts),
            drops: CounterNames.drops(counters),
            counters: CounterNames.others(counters))
    }

    /// The instances that have ever begun, by identifier.
    private func instances(_ census: SessionCensus) -> [GatewayStatus.Instance] {
        let now = MonotonicClock.nanoseconds()
        return (1..<Int(SLUICE_MAX_INSTANCES)).compactMap { identifier in
            let memory = datapath.instances[identifier]
            guard memory.processIdentifier != 0 else { return nil }
            return GatewayStatus.Instance(
                identifier: identifier, memory: memory, running: processExists(Int32(memory.processIdentifier)),
                sessions: census.byInstance[UInt16(identifier)] ?? 0, nowNanoseconds: now)
        }
    }

    private func zones(_ configuration: Configuration) -> [GatewayStatus.Zone] {
        configuration.zones.map { zone in
            GatewayStatus.Zone(
                name: zone.name,
                interfaces: zone.interfaces.map { name in
                    guard let interface = try? NetworkInterface.find(name) else {
                        return .init(name: name, present: false, attached: false, mtu: 0)
                    }
                    return .init(
                        name: name, present: true, attached: datapath.isAttached(interfaceIndex: interface.index),
                        mtu: UInt32(interface.mtu))
                })
        }
    }

    /// A process that we may not signal exists all the same.
    private func processExists(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }
}
