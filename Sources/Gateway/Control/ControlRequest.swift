internal import Fleet

/// A slot and the generation of the session in it: by these, commands refer to a session.
package struct SessionReference: Hashable, Sendable, Codable {
    package let slot: UInt32
    package let generation: UInt16

    package init(slot: UInt32, generation: UInt16) {
        self.slot = slot
        self.generation = generation
    }

    /// As `[slot, generation]`, because there may be many.
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

/// A request to the control socket: one line of JSON.
package struct ControlRequest: Codable, Equatable, Sendable {
    package enum Command: String, Codable, Sendable, CaseIterable {
        /// Check that the controller answers.
        case ping
        /// Read the configuration again and apply it.
        case reload
        /// Reset the sessions in `sessions` (RST-5).
        case sessionReset = "session-reset"
        /// Stop the gateway, as SIGTERM does.
        case stop
        /// Make `instance` leave the fleet as in a scale-in (DRAIN-1); or cancel that, while it only refuses new sessions.
        case instanceDrain = "instance-drain"
        case instanceDrainCancel = "instance-drain-cancel"
        /// End `instance` at once.
        case instanceStop = "instance-stop"
        /// Make `instances` serve.
        case fleetScale = "fleet-scale"
        /// Keep between `minimum` and `maximum` instances (SCALE-2).
        case fleetPrescale = "fleet-prescale"
        /// Replace all instances by instances of `binary`, or of the running binary (MAINT-1); `now`: also outside the window (MAINT-2).
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
    /// The token of the HTTP API's client. Without it, the API's process may only ping.
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

/// An answer of the control socket: one line of JSON.
package struct ControlResponse: Codable, Equatable, Sendable {
    /// Whether the request was executed.
    package var ok: Bool
    /// The result, or what is wrong and what to do about it.
    package var message: String
    /// Sessions that were reset or ended.
    package var count: Int?
    /// Why it was refused, for programs; nil: for the reason in the message.
    package var refusal: Refusal?

    package enum Refusal: String, Codable, Sendable {
        /// The client has no permission.
        case notPermitted
        /// The request itself is wrong: for example a configuration with mistakes, or a malformed request.
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
    /// Bytes of a request, with its newline: the controller's loop reads so many in a few milliseconds.
    package static let requestBytes = 256 << 10
    /// Sessions that a request can name; for more sessions, send several requests.
    package static let sessionsPerRequest = 4096
    package static let clients = 16
    /// Connections of the HTTP API's process, counted separately.
    package static let apiClients = 8
    /// Time until a request must be complete, and again until its answer must have been read.
    package static let patienceNanoseconds: UInt64 = 5_000_000_000
    /// The time limit of slow answers: the check of a binary, or a reload after which millions of sessions are judged.
    package static let longestAnswerNanoseconds: UInt64 = 60_000_000_000
}

extension ControlRequest {
    /// The fleet's command in this request; nil: it is not a request to the fleet.
    ///
    /// - Throws: which value is missing.
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
