/// One line of the fleet's history (FLEET-2).
package struct FleetChange: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case instanceStarting, instanceServing, instanceDraining, instanceResetting, drainCancelled, instanceEnding
        case instanceStopped, instanceUnresponsive, instanceFailed, instanceRecovered, instanceAdopted
        case instanceRenewing, instanceRenewed, renewalCompleted, renewalStopped
        case sessionsMoved, sessionsDiscarded
        case scaleOut, scaleIn, capacityChanged
        case maintenanceRequested, maintenanceWaiting, maintenanceStarted, maintenanceStep, maintenancePaused
        case maintenanceResumed, maintenanceAborted, maintenanceRollingBack, maintenanceRolledBack, maintenanceCompleted
        case fleetRestored
    }

    /// A value of ``details``.
    package enum Detail: Hashable, Sendable {
        case number(Double)
        case text(String)
    }

    /// When it happened: nanoseconds of the monotonic clock, as passed to the machine.
    package var time: UInt64
    package var kind: Kind
    /// The instance it is about; nil: the fleet.
    package var instance: InstanceIdentifier?
    /// The reason, for people: `scale-in`, `operator`, `maintenance 3`, `no heartbeat for 5 s`.
    package var cause: String
    /// Counts and inputs: `sessions`, `longLivedSessions`, `averageThroughput`.
    package var details: [String: Detail]

    package init(
        time: UInt64, kind: Kind, instance: InstanceIdentifier? = nil, cause: String, details: [String: Detail] = [:]
    ) {
        self.time = time
        self.kind = kind
        self.instance = instance
        self.cause = cause
        self.details = details
    }
}

extension FleetChange.Detail: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        }
    }
}

extension FleetChange.Detail: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    package init(integerLiteral value: Int) { self = .number(Double(value)) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(_ count: Int) { self = .number(Double(count)) }
}
