package import Fleet
import FoundationEssentials

/// The fleet at a moment. The property names are those of the JSON.
package struct FleetStatus: Codable, Equatable, Sendable {
    package var gateway: String
    package var minCapacity: Int
    package var maxCapacity: Int
    /// How many instances are to serve.
    package var desired: Int
    /// How many instances serve.
    package var serving: Int
    /// By identifier.
    package var instances: [InstanceStatus]
    /// The active maintenance, or the last one.
    package var maintenance: MaintenanceStatus?
    /// Set after a take-over by another version; nil if every instance runs the intended program.
    package var renewal: RenewalStatus?

    package init(
        gateway: String, minCapacity: Int, maxCapacity: Int, desired: Int, instances: [InstanceStatus],
        maintenance: MaintenanceStatus? = nil, renewal: RenewalStatus? = nil
    ) {
        self.renewal = renewal
        self.gateway = gateway
        self.minCapacity = minCapacity
        self.maxCapacity = maxCapacity
        self.desired = desired
        serving = instances.count { $0.state == InstanceState.serving.name }
        self.instances = instances
        self.maintenance = maintenance
    }
}

/// Instances whose processes are replaced by processes of the controller's program, one at a time, without ending a
/// session (PKG-3).
package struct RenewalStatus: Codable, Equatable, Sendable {
    /// Instances that run another program.
    package var remaining: [Int]
    /// The instance that is being renewed.
    package var current: Int?
    /// The current step, or the problem that has stopped the renewals, in one sentence.
    package var text: String

    package init(_ view: RenewalView) {
        remaining = view.remaining.map { Int($0) }
        current = view.current.map { Int($0) }
        if let problem = view.problem {
            text = problem
        } else if let current {
            text = "instance \(current) gets a process of this version, and keeps its sessions"
        } else {
            text = view.waitsFor.map { "waits for \($0)" } ?? "begins in a moment"
        }
    }
}

/// One instance of the fleet.
package struct InstanceStatus: Codable, Equatable, Sendable {
    /// The progress of a drain (DRAIN-1 to DRAIN-3).
    package struct Drain: Codable, Equatable, Sendable {
        package var sinceSeconds: Double
        /// Time until its sessions are reset; 0 if that has begun, or never happens.
        package var resetInSeconds: Double
        /// Time until the instance is recycled at the latest.
        package var deadlineInSeconds: Double
        /// Live sessions.
        package var sessionsLeft: Int
        /// Sessions that were reset, and stay in the table so that late segments are answered.
        package var tombstones: Int

        package init(
            sinceSeconds: Double, resetInSeconds: Double, deadlineInSeconds: Double, sessionsLeft: Int, tombstones: Int
        ) {
            self.sinceSeconds = sinceSeconds
            self.resetInSeconds = resetInSeconds
            self.deadlineInSeconds = deadlineInSeconds
            self.sessionsLeft = sessionsLeft
            self.tombstones = tombstones
        }
    }

    package var identifier: Int
    package var state: String
    /// How long it has been in this state.
    package var stateSeconds: Double
    /// The reason for the state.
    package var cause: String
    /// 0: none.
    package var processIdentifier: Int32
    package var running: Bool
    package var heartbeatAgeSeconds: Double
    package var sessions: Int
    /// CPUs in use: the time of its process, and its share of the datapath's; 1 is one CPU, fully used.
    package var cpu: Double
    package var bitsPerSecond: Double
    /// The binary of its process; nil: the controller's.
    package var binary: String?
    package var drain: Drain?

    package init(
        identifier: Int, state: String, stateSeconds: Double, cause: String, processIdentifier: Int32, running: Bool,
        heartbeatAgeSeconds: Double, sessions: Int, cpu: Double, bitsPerSecond: Double, binary: String? = nil,
        drain: Drain? = nil
    ) {
        self.identifier = identifier
        self.state = state
        self.stateSeconds = stateSeconds
        self.cause = cause
        self.processIdentifier = processIdentifier
        self.running = running
        self.heartbeatAgeSeconds = heartbeatAgeSeconds
        self.sessions = sessions
        self.cpu = cpu
        self.bitsPerSecond = bitsPerSecond
        self.binary = binary
        self.drain = drain
    }
}

/// A rolling update (MAINT-1).
package struct MaintenanceStatus: Codable, Equatable, Sendable {
    package var number: Int
    package var phase: String
    package var paused: Bool
    package var waitsForWindow: Bool
    /// nil: the controller's.
    package var binary: String?
    package var previousBinary: String?
    /// Instances that are still to be replaced.
    package var remaining: [Int]
    /// Replacements that serve.
    package var updated: [Int]
    /// The current step, or the result, in one sentence.
    package var text: String

    package init(_ view: MaintenanceView) {
        number = view.number
        phase = view.phase.rawValue
        paused = view.isPaused
        waitsForWindow = view.waitsForWindow
        binary = view.binary
        previousBinary = view.previousBinary
        remaining = view.remaining.map { Int($0) }
        updated = view.updated.map { Int($0) }
        text = view.text
    }
}
