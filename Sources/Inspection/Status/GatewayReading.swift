import Fleet
package import FlowCore
package import FlowLog
import FlowLayout
import FoundationEssentials
package import Kernel
import Policy

/// What a metrics scrape reads of a gateway: counters in the shared memory, and the controller's reports. Its cost does
/// not depend on the number of sessions (MET-1).
package struct GatewayReading: Sendable {
    package struct Instance: Equatable, Sendable {
        package var identifier: UInt16
        package var state: String
        package var sessions: Int
        package var heartbeatAgeSeconds: Double
        /// nil if it does not drain.
        package var drainRemainingSeconds: Double?

        package init(
            identifier: UInt16, state: String, sessions: Int, heartbeatAgeSeconds: Double,
            drainRemainingSeconds: Double? = nil
        ) {
            self.identifier = identifier
            self.state = state
            self.sessions = sessions
            self.heartbeatAgeSeconds = heartbeatAgeSeconds
            self.drainRemainingSeconds = drainRemainingSeconds
        }
    }

    package struct Maintenance: Equatable, Sendable {
        package var isOver: Bool
        package var progress: Double

        package init(isOver: Bool, progress: Double) {
            self.isOver = isOver
            self.progress = progress
        }
    }

    /// The states of live sessions.
    package static let liveStates = SessionState.allCases.filter {
        SessionMemory.isLive(ControlWord(tick: 0, state: $0, treatment: 0, generation: 0))
    }

    package var counters: [UInt64] = []
    package var tallies: SessionTallies
    /// Instances with a living process. The last counts of others belong to their successors now.
    package var instances: [Instance] = []
    package var capacity = 0
    /// The used share of the table, 0 to 1.
    package var occupancy = 0.0
    package var halfOpen = 0
    package var halfOpenLimit = 0
    package var resetsFailed: UInt64 = 0
    package var probesSent: UInt64 = 0
    package var desired = 0
    package var serving = 0
    package var minimum = 0
    package var maximum = 0
    package var scaleOuts: UInt32 = 0
    package var scaleIns: UInt32 = 0
    /// The active maintenance, or the last one; nil if there was none.
    package var maintenance: Maintenance?
    package var controllerIsRunning = false
    package var policyGeneration: UInt32 = 0
    package var reloadErrors: UInt32 = 0
    /// Seconds since 1970.
    package var policySeconds: UInt64 = 0
    package var flowLogOmissions = Omissions()
    /// How long the oldest entry that could not be written has waited; 0 if there is none.
    package var flowLogLagSeconds = 0.0
    /// By role; without those that do not run.
    package var processes: [(name: String, usage: ProcessUsage)] = []
    package var version: BinaryVersion?
    package var kernel = ""
    package var profile = ""

    package init(tallies: SessionTallies) { self.tallies = tallies }

    package func counter(_ index: UInt8) -> UInt64 { Int(index) < counters.count ? counters[Int(index)] : 0 }

    package func droppedBytes(_ reason: DropReason) -> UInt64 { counter(UInt8(SLUICE_DROPPED_BYTES) + reason.rawValue) }

    /// Sessions of a kind and state, as last counted by the living instances.
    package func sessions(_ kind: SessionKind, _ state: SessionState) -> Int {
        instances.reduce(0) { $0 + tallies.counts[Int($1.identifier)].sessions(kind, state) }
    }

    /// Established TCP sessions that were at risk at the last count of the living instances.
    package func sessionsAtRisk(_ trafficClass: TrafficClass) -> Int {
        instances.reduce(0) { $0 + (tallies.counts[Int($1.identifier)].atRisk[trafficClass] ?? 0) }
    }
}

extension GatewayInspector {
    /// Reads the values for a scrape.
    package func reading() throws(InspectionError) -> GatewayReading {
        let now = MonotonicClock.nanoseconds()
        let runtime = datapath.table.runtime.pointee
        let report = try directory.fleetReport()
        let configuration = try directory.configuration()
        var reading = GatewayReading(tallies: datapath.sessionTallies)
        reading.counters = datapath.counters()
        reading.instances = instances(report, reading.tallies, now: now)
        reading.capacity = Int(runtime.capacitySessions)
        let free = (0..<datapath.table.slabCount).reduce(0) { $0 + Int(SlabRing.count(datapath.table.slabs + $1)) }
        reading.occupancy = 1 - Double(min(free, datapath.table.slotCount)) / Double(max(datapath.table.slotCount, 1))
        reading.halfOpen = Int(HalfOpenTally.estimate(datapath.table.runtime))
        reading.halfOpenLimit = Int(runtime.halfOpenLimit)
        for instance in 0..<Int(SLUICE_MAX_INSTANCES) {
            reading.resetsFailed &+= datapath.table.instances[instance].resetsFailed
            reading.probesSent &+= datapath.table.instances[instance].probesSent
        }
        reading.desired = report?.view.desired ?? reading.instances.count
        reading.serving = reading.instances.count { $0.state == InstanceState.serving.name }
        reading.minimum = report?.view.capacity.minimum ?? configuration.fleet.minCapacity
        reading.maximum = report?.view.capacity.maximum ?? configuration.fleet.maxCapacity
        reading.scaleOuts = runtime.scaleOuts
        reading.scaleIns = runtime.scaleIns
        reading.maintenance = report?.view.maintenance.map { view in
            let all = view.updated.count + view.remaining.count
            return .init(isOver: view.phase.isOver, progress: all > 0 ? Double(view.updated.count) / Double(all) : 1)
        }
        reading.controllerIsRunning = directory.controllerProcess() != nil
        reading.policyGeneration = runtime.policyGeneration
        reading.reloadErrors = runtime.reloadErrors
        reading.policySeconds = runtime.policySeconds
        if configuration.flowLog != nil {
            let state = directory.flowLogState()
            reading.flowLogOmissions = state.omitted
            reading.flowLogLagSeconds = state.lagSeconds(now: UInt64(max(0, Date.now.timeIntervalSince1970) * 1e9))
        }
        reading.processes = [("controller", directory.controllerProcess()), ("api", directory.apiProcess())].compactMap
        {
            name, process in process.flatMap { ProcessUsage(of: $0) }.map { (name, $0) }
        }
        reading.version = try directory.controllerVersion()
        reading.kernel = MachineCheck.release
        reading.profile = configuration.profile.rawValue
        return reading
    }

    private func instances(
        _ report: FleetReport?, _ tallies: SessionTallies, now: UInt64
    ) -> [GatewayReading.Instance] {
        let views = Dictionary(
            (report?.view.instances ?? []).map { ($0.identifier, $0) }, uniquingKeysWith: { first, _ in first })
        return (1..<UInt16(SLUICE_MAX_INSTANCES)).compactMap { identifier in
            let record = datapath.table.instances[Int(identifier)]
            guard record.processIdentifier != 0, processExists(Int32(truncatingIfNeeded: record.processIdentifier))
            else { return nil }
            let age = now > record.heartbeatNanoseconds ? now - record.heartbeatNanoseconds : 0
            let count = tallies.counts[Int(identifier)]
            let view = views[identifier]
            return GatewayReading.Instance(
                identifier: identifier, state: (view?.state ?? .serving).name,
                sessions: SessionKind.allCases.reduce(0) { sum, kind in
                    sum + GatewayReading.liveStates.reduce(0) { $0 + count.sessions(kind, $1) }
                },
                heartbeatAgeSeconds: Double(age / 1_000_000) / 1000,
                drainRemainingSeconds: view?.drain.map { drain in
                    drain.deadline > now ? Double((drain.deadline - now) / 1_000_000) / 1000 : 0
                })
        }
    }
}
