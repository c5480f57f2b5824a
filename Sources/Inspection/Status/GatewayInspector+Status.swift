import FlowCore
import FlowLayout
import FoundationEssentials
import Kernel
import Policy

extension GatewayInspector {
    /// The status of the gateway.
    package func status() throws(InspectionError) -> GatewayStatus {
        let configuration = try directory.configuration()
        let controller = directory.controllerProcess()
        let census = SessionCensus(memory)
        let instances = instances(census)
        let processes = [controller].compactMap(\.self) + instances.filter(\.running).map(\.processIdentifier)
        let network = network(configuration, processes: processes)
        let runtime = datapath.table.runtime.pointee
        let counters = datapath.counters()
        return GatewayStatus(
            gateway: gateway,
            profile: configuration.profile.rawValue,
            continuity: configuration.continuity.rawValue,
            timeScale: configuration.timeScale,
            controller: .init(
                running: controller != nil, processIdentifier: controller ?? 0,
                problems: controller == nil ? [] : try directory.controllerProblems(),
                version: controller == nil ? nil : try directory.controllerVersion(),
                longestTurn: controller == nil ? nil : try directory.longestTurn()),
            guardInstalled: network.guardInstalled,
            routesByDestination: datapath.routesByDestination(now: MonotonicClock.nanoseconds()),
            leavesToKernel: datapath.leavesToKernel,
            zones: network.zones,
            sessions: .init(
                count: census.count, capacity: Int(runtime.capacitySessions),
                halfOpen: Int(HalfOpenTally.estimate(datapath.table.runtime)),
                halfOpenLimit: Int(runtime.halfOpenLimit), byState: census.byState, byClass: census.byClass),
            memory: .init(
                totalBytes: UInt64(memoryCost.totalBytes), bytesPerSession: memoryCost.bytesPerSession),
            fleet: fleetStatus(try directory.fleetReport(), census: census, configured: configuration.fleet),
            instances: instances,
            policy: .init(activeImage: Int(runtime.activePolicy), rules: configuration.rules.count),
            timeouts: TimeoutNames.timeouts(
                configured: configuration.unscaledTimeouts, effective: configuration.timeouts),
            drops: CounterNames.drops(counters),
            counters: CounterNames.others(counters),
            flowLog: configuration.flowLog == nil ? nil : directory.flowLogState(),
            recent: recentTraffic(counters, network), networkAgeSeconds: network.ageSeconds)
    }

    /// What has happened since the controller's oldest sample; nil if there is no recent one.
    private func recentTraffic(
        _ counters: [UInt64], _ network: NetworkFindings
    ) -> RecentTraffic? {
        let now = MonotonicClock.nanoseconds()
        guard let before = directory.trafficSamples().oldest(now: now) else { return nil }
        let records = (0..<Int(SLUICE_MAX_INSTANCES)).map { datapath.table.instances[$0] }
        let after = TrafficSample(
            nanoseconds: now, counters: counters, resetsSent: records.reduce(0) { $0 &+ $1.resetsSent },
            resetsFailed: records.reduce(0) { $0 &+ $1.resetsFailed }, ends: datapath.sessionTallies.endsByName,
            receivedFrames: network.receivedFrames)
        let timeouts = (0..<Int(SLUICE_MAX_TREATMENTS)).map { datapath.table.treatments[$0] }
            .filter { $0.timeoutTicks > 0 && $0.onIdle == OnIdle.reset.rawValue }.map(\.timeoutTicks)
        return RecentTraffic(
            from: before, to: after,
            shortestIdleSeconds: timeouts.min().map { Double(UInt64($0) * Tick.nanoseconds / 1_000_000) / 1000 })
    }

    /// All instances that have ever started, by identifier.
    private func instances(_ census: SessionCensus) -> [GatewayStatus.Instance] {
        let now = MonotonicClock.nanoseconds()
        return (1..<Int(SLUICE_MAX_INSTANCES)).compactMap { identifier in
            let memory = datapath.table.instances[identifier]
            guard memory.processIdentifier != 0 else { return nil }
            return GatewayStatus.Instance(
                identifier: identifier, memory: memory, running: processExists(Int32(memory.processIdentifier)),
                sessions: census.byInstance[UInt16(identifier)] ?? 0, nowNanoseconds: now)
        }
    }

    /// Whether a process exists and is not a zombie (proc(5), field 3 of stat).
    func processExists(_ process: Int32) -> Bool {
        guard let state = TextFile.read("/proc/\(process)/stat").flatMap(ProcessStat.fields)?.first else {
            return false
        }
        return state != "Z" && state != "X"
    }
}
