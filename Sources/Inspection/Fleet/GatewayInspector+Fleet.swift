import Fleet
import FlowLayout
import Kernel
import Policy

extension GatewayInspector {
    /// The fleet as its controller wrote it last, combined with the current shared memory. Works without a running
    /// controller.
    package func fleet() throws(InspectionError) -> FleetStatus {
        let report = try directory.fleetReport()
        return fleetStatus(report, census: SessionCensus(memory), configured: try directory.configuration().fleet)
    }

    func fleetStatus(_ report: FleetReport?, census: SessionCensus, configured: FleetConfiguration) -> FleetStatus {
        let now = MonotonicClock.nanoseconds()
        let view = report?.view
        let instances = (view?.instances ?? recordedInstances()).map { instance in
            let record = datapath.table.instances[Int(instance.identifier)]
            let process = Int32(truncatingIfNeeded: record.processIdentifier)
            return InstanceStatus(
                instance, record: record, isRunning: process > 0 && processExists(process),
                sessions: census.byInstance[instance.identifier] ?? 0,
                measurement: report?.measurements.first { $0.identifier == instance.identifier }, now: now)
        }
        return FleetStatus(
            gateway: gateway, minCapacity: view?.capacity.minimum ?? configured.minCapacity,
            maxCapacity: view?.capacity.maximum ?? configured.maxCapacity, desired: view?.desired ?? instances.count,
            instances: instances, maintenance: view?.maintenance.map(MaintenanceStatus.init),
            renewal: view?.renewal.map(RenewalStatus.init))
    }

    /// Used when no controller has written a report: the shared memory alone.
    private func recordedInstances() -> [InstanceView] {
        FleetMachine.identifiers.compactMap { (identifier) -> InstanceView? in
            let record = datapath.table.instances[Int(identifier)]
            guard record.processIdentifier != 0 else { return nil }
            return InstanceView(
                identifier: identifier, state: .serving, since: record.startedNanoseconds, binary: nil,
                cause: "unknown", drain: nil)
        }
    }
}

extension InstanceStatus {
    /// - Parameter now: CLOCK_MONOTONIC, nanoseconds.
    init(
        _ view: InstanceView, record: sluice_instance, isRunning: Bool, sessions: Int,
        measurement: InstanceMeasurement?, now: UInt64
    ) {
        func ago(_ time: UInt64) -> Double { now > time ? Self.seconds(now - time) : 0 }
        func ahead(_ time: UInt64) -> Double { time > now ? Self.seconds(time - now) : 0 }
        self.init(
            identifier: Int(view.identifier), state: view.state.name, stateSeconds: ago(view.since), cause: view.cause,
            processIdentifier: Int32(truncatingIfNeeded: record.processIdentifier), running: isRunning,
            heartbeatAgeSeconds: ago(record.heartbeatNanoseconds), sessions: sessions,
            cpu: Double(Int((measurement?.cpu ?? 0) * 1000)) / 1000,
            bitsPerSecond: (measurement?.bitsPerSecond ?? 0).rounded(), binary: view.binary,
            drain: view.drain.map { drain in
                Drain(
                    sinceSeconds: ago(drain.since), resetInSeconds: drain.resetsAt.map(ahead) ?? 0,
                    deadlineInSeconds: ahead(drain.deadline), sessionsLeft: drain.liveSessions ?? sessions,
                    tombstones: drain.tombstones ?? 0)
            })
    }

    /// Rounded to milliseconds.
    private static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds / 1_000_000) / 1000 }
}
