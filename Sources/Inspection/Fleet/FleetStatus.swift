package import Fleet
import FoundationEssentials

/// The fleet at a moment. The property names are the JSON's.
package struct FleetStatus: Codable, Equatable, Sendable {
    package var gateway: String
    package var minCapacity: Int
    package var maxCapacity: Int
    /// How many instances are to serve.
    package var desired: Int
    /// How many do.
    package var serving: Int
    /// By identifier.
    package var instances: [InstanceStatus]
    /// The one that is going on, or the last one.
    package var maintenance: MaintenanceStatus?
    /// After a take-over by another version; nil: every instance runs what it should.
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

/// Instances whose processes give way to those of the controller's program, one at a time, with all their sessions (PKG-3).
package struct RenewalStatus: Codable, Equatable, Sendable {
    /// Those that run another program.
    package var remaining: [Int]
    /// The one that is being renewed.
    package var current: Int?
    /// What is going on, or what has stopped it, in a sentence.
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
    /// How far a drain is (DRAIN-1 to DRAIN-3).
    package struct Drain: Codable, Equatable, Sendable {
        package var sinceSeconds: Double
        /// Until its sessions are reset; 0: they are, or never will be.
        package var resetInSeconds: Double
        /// Until it is recycled at the latest.
        package var deadlineInSeconds: Double
        /// Sessions that live.
        package var sessionsLeft: Int
        /// Sessions that were reset, and are kept so that late segments are answered.
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
    /// How long it is in this state.
    package var stateSeconds: Double
    /// Why it is.
    package var cause: String
    /// 0: none.
    package var processIdentifier: Int32
    package var running: Bool
    package var heartbeatAgeSeconds: Double
    package var sessions: Int
    /// Processors that it uses: its process's time, and its share of the datapath's; 1 is one processor, all the time.
    package var cpu: Double
    package var bitsPerSecond: Double
    /// The binary that it was started with; nil: the controller's.
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
    /// Instances still to be replaced.
    package var remaining: [Int]
    /// Replacements that serve.
    package var updated: [Int]
    /// What is going on, or how it ended, in a sentence.
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
