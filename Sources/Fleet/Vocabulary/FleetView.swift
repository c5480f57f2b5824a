/// The fleet at a moment, for `instance list`, `status` and `maintenance status`.
package struct FleetView: Hashable, Sendable, Codable {
    package var capacity: CapacityRange
    /// How many instances are to serve.
    package var desired: Int
    /// In order of their identifiers.
    package var instances: [InstanceView]
    package var maintenance: MaintenanceView?
    /// nil: every instance runs the intended program.
    package var renewal: RenewalView?
}

/// One instance, as operators see it.
package struct InstanceView: Hashable, Sendable, Codable {
    package var identifier: InstanceIdentifier
    package var state: InstanceState
    /// When it entered this state: nanoseconds of the monotonic clock.
    package var since: UInt64
    /// The binary it was started with; nil: the controller's.
    package var binary: String?
    /// Why it is in this state.
    package var cause: String
    /// Set only while it drains.
    package var drain: DrainView?

    package init(
        identifier: InstanceIdentifier, state: InstanceState, since: UInt64, binary: String?, cause: String,
        drain: DrainView?
    ) {
        self.identifier = identifier
        self.state = state
        self.since = since
        self.binary = binary
        self.cause = cause
        self.drain = drain
    }
}

/// The progress of a drain.
package struct DrainView: Hashable, Sendable, Codable {
    package var since: UInt64
    /// When its sessions are reset; nil: never, or it has already begun.
    package var resetsAt: UInt64?
    /// When the instance is recycled at the latest.
    package var deadline: UInt64
    /// The last reported count.
    package var liveSessions: Int?
    package var tombstones: Int?
}

/// The progress of a rolling update, or how the last one ended.
package struct MaintenanceView: Hashable, Sendable, Codable {
    package enum Phase: String, Hashable, Sendable, Codable, CaseIterable {
        /// The binary is being checked.
        case checking
        /// Nothing has been replaced yet, and no window is open.
        case waiting
        case rolling, rollingBack
        /// Finished.
        case completed, aborted, rolledBack

        package var isOver: Bool { self == .completed || self == .aborted || self == .rolledBack }
    }

    /// Counts from 1.
    package var number: Int
    package var phase: Phase
    package var isPaused: Bool
    /// Whether it could continue but waits for a window to open.
    package var waitsForWindow: Bool
    package var binary: String?
    package var previousBinary: String?
    /// Instances that are still to be replaced.
    package var remaining: [InstanceIdentifier]
    /// Replacements that serve.
    package var updated: [InstanceIdentifier]
    /// The current step, or the result, in one sentence.
    package var text: String

    package init(
        number: Int, phase: Phase, isPaused: Bool, waitsForWindow: Bool, binary: String?, previousBinary: String?,
        remaining: [InstanceIdentifier], updated: [InstanceIdentifier], text: String
    ) {
        self.number = number
        self.phase = phase
        self.isPaused = isPaused
        self.waitsForWindow = waitsForWindow
        self.binary = binary
        self.previousBinary = previousBinary
        self.remaining = remaining
        self.updated = updated
        self.text = text
    }
}
