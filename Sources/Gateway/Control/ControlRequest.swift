internal import Fleet

/// A slot and the generation of the session in it: what commands call a session by.
package struct SessionReference: Hashable, Sendable, Codable {
    package let slot: UInt32
    package let generation: UInt16

    package init(slot: UInt32, generation: UInt16) {
        self.slot = slot
        self.generation = generation
    }

    /// `[slot, generation]`: there may be many.
    package init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        slot = try values.decode(UInt32.self)
        generation = try values.decode(UInt16.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.unkeyedContainer()
        try values.encode(slot)
        try values.encode(generation)
    }
}

/// What the control socket is asked: one line of JSON.
package struct ControlRequest: Codable, Equatable, Sendable {
    package enum Command: String, Codable, Sendable, CaseIterable {
        /// Is anybody there?
        case ping
        /// Read the configuration again and apply it.
        case reload
        /// Reset the sessions in `sessions` (RST-5).
        case sessionReset = "session-reset"
        /// End the gateway as SIGTERM does.
        case stop
        /// Have `instance` leave the fleet as in a scale-in (DRAIN-1); or not, while it only refuses.
        case instanceDrain = "instance-drain"
        case instanceDrainCancel = "instance-drain-cancel"
        /// End `instance` at once.
        case instanceStop = "instance-stop"
        /// Let `instances` serve.
        case fleetScale = "fleet-scale"
        /// Let `minimum` to `maximum` instances serve (SCALE-2).
        case fleetPrescale = "fleet-prescale"
        /// Replace all instances by those of `binary`, or of the one that runs (MAINT-1); `now`: whatever the window (MAINT-2).
        case maintenanceStart = "maintenance-start"
        case maintenancePause = "maintenance-pause"
        case maintenanceResume = "maintenance-resume"
        case maintenanceAbort = "maintenance-abort"
    }

    package var command: Command
    package var sessions: [SessionReference]?
    package var instance: UInt16?
    package var instances: Int?
    package var minimum: Int?
    package var maximum: Int?
    package var binary: String?
    package var now: Bool?
    /// Of whoever asked the HTTP API: without it its process may only ping.
    package var token: String?

    package init(_ command: Command, sessions: [SessionReference]? = nil) {
        self.command = command
        self.sessions = sessions
    }

    package init(_ command: Command, instance: UInt16) {
        self.command = command
        self.instance = instance
    }
}

/// What the control socket answers: one line of JSON.
package struct ControlResponse: Codable, Equatable, Sendable {
    /// Whether it was done.
    package var ok: Bool
    /// What was done, or what is wrong and what to do about it.
    package var message: String
    /// Sessions that were reset or ended.
    package var count: Int?
    /// Why it was not done, for programs; nil: for what the message says.
    package var refusal: Refusal?

    package enum Refusal: String, Codable, Sendable {
        /// Who asks may not.
        case notPermitted
        /// What is asked for is wrong in itself: a configuration with mistakes, a request that is none.
        case invalid
    }

    package init(ok: Bool, message: String, count: Int? = nil, refusal: Refusal? = nil) {
        self.ok = ok
        self.message = message
        self.count = count
        self.refusal = refusal
    }
}

/// Limits of the control socket.
package enum ControlLimits {
    /// Bytes of a request, with its newline: what the controller's loop reads in some milliseconds.
    package static let requestBytes = 256 << 10
    /// Sessions that a request can name; who has more asks more often.
    package static let sessionsPerRequest = 4096
    package static let clients = 16
    /// Of the HTTP API's process, besides.
    package static let apiClients = 8
    /// Until a request must be complete, and again until its answer must have been taken.
    package static let patienceNanoseconds: UInt64 = 5_000_000_000
    /// What takes a while is answered within this time: the check of a binary, a reload after which millions of sessions are judged.
    package static let longestAnswerNanoseconds: UInt64 = 60_000_000_000
}

extension ControlRequest {
    /// What it asks of the fleet; nil: it is about something else.
    ///
    /// - Throws: what is missing in it.
    func fleetCommand() throws(GatewayError) -> FleetCommand? {
        switch command {
        case .ping, .reload, .sessionReset, .stop: return nil
        case .instanceDrain: return .drain(try required(instance, "instance", "a number"))
        case .instanceDrainCancel: return .cancelDrain(try required(instance, "instance", "a number"))
        case .instanceStop: return .stop(try required(instance, "instance", "a number"))
        case .fleetScale: return .scale(instances: try required(instances, "instances", "a number"))
        case .fleetPrescale:
            return .prescale(
                CapacityRange(
                    minimum: try required(minimum, "minimum", "2 to 50"),
                    maximum: try required(maximum, "maximum", "2 to 50")))
        case .maintenanceStart: return .startMaintenance(binary: binary, now: now ?? false)
        case .maintenancePause: return .pauseMaintenance
        case .maintenanceResume: return .resumeMaintenance
        case .maintenanceAbort: return .abortMaintenance
        }
    }

    private func required<Value>(_ value: Value?, _ name: String, _ what: String) throws(GatewayError) -> Value {
        guard let value else {
            throw GatewayError("\(command.rawValue): \"\(name)\" is missing: write \(what)")
        }
        return value
    }
}
