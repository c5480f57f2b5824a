import Gateway
import Inspection

extension Service {
    var fleetRoutes: [Route] {
        [
            Route(.get, "/v1/instances", .read) { call throws(Problem) in try self.fleet(call) },
            Route(.get, "/v1/fleet", .read) { call throws(Problem) in try self.fleet(call) },
            Route(.post, "/v1/instances/{n}:drain", .admin) { call async throws(Problem) in
                try await self.instance(.instanceDrain, call)
            },
            Route(.post, "/v1/instances/{n}:cancel-drain", .admin) { call async throws(Problem) in
                try await self.instance(.instanceDrainCancel, call)
            },
            Route(.post, "/v1/instances/{n}:stop", .admin) { call async throws(Problem) in
                try await self.instance(.instanceStop, call)
            },
            Route(.put, "/v1/fleet/scale", .admin) { call async throws(Problem) in try await self.scale(call) },
            Route(.put, "/v1/fleet/prescale", .admin) { call async throws(Problem) in try await self.prescale(call) },
            Route(.get, "/v1/maintenance", .read) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                let fleet = try self.reading { () throws(InspectionError) in try self.inspector.fleet() }
                return try .json(MaintenanceReport(fleet.maintenance))
            },
            Route(.post, "/v1/maintenance", .admin) { call async throws(Problem) in
                try await self.startMaintenance(call)
            },
            Route(.patch, "/v1/maintenance", .admin) { call async throws(Problem) in
                try await self.changeMaintenance(call)
            },
            Route(.post, "/v1/reload", .admin) { call async throws(Problem) in
                _ = try Query(call.query, known: [])
                try call.object().check(known: [])
                return try await self.changed(ControlRequest(.reload), call)
            },
        ]
    }

    private func fleet(_ call: Call) throws(Problem) -> Answer {
        _ = try Query(call.query, known: [])
        return try .json(try reading { () throws(InspectionError) in try inspector.fleet() })
    }

    /// Sends a change to the controller, and answers with its message.
    private func changed(_ request: ControlRequest, _ call: Call) async throws(Problem) -> Answer {
        try .json(MessageReport(try await change(request, token: call.token).message))
    }

    private func instance(_ command: ControlRequest.Command, _ call: Call) async throws(Problem) -> Answer {
        _ = try Query(call.query, known: [])
        try call.object().check(known: [])
        let text = call.parameters["n"] ?? ""
        guard let number = Query.number(text).flatMap({ UInt16(exactly: $0) }), number > 0, "\(number)" == text else {
            throw Problem(
                .badRequest, "'\(text)' is not the number of an instance", remedy: "write one from GET /v1/instances",
                field: "n")
        }
        let fleet = try reading { () throws(InspectionError) in try inspector.fleet() }
        guard fleet.instances.contains(where: { $0.identifier == Int(number) }) else {
            throw Problem(
                .notFound, "the fleet has no instance \(number)",
                remedy: "write one of \(fleet.instances.map { "\($0.identifier)" }.joined(separator: ", "))", field: "n"
            )
        }
        return try await changed(ControlRequest(command, instance: number), call)
    }

    private func scale(_ call: Call) async throws(Problem) -> Answer {
        _ = try Query(call.query, known: [])
        let object = try call.object()
        try object.check(known: ["instances"])
        var request = ControlRequest(.fleetScale)
        request.instances = try object.required("instances", object.integer("instances", 1...50), example: "3")
        return try await changed(request, call)
    }

    private func prescale(_ call: Call) async throws(Problem) -> Answer {
        _ = try Query(call.query, known: [])
        let object = try call.object()
        try object.check(known: ["minimum", "maximum"])
        var request = ControlRequest(.fleetPrescale)
        request.minimum = try object.required("minimum", object.integer("minimum", 2...50), example: "2")
        request.maximum = try object.required("maximum", object.integer("maximum", 2...50), example: "20")
        return try await changed(request, call)
    }

    private func startMaintenance(_ call: Call) async throws(Problem) -> Answer {
        _ = try Query(call.query, known: [])
        let object = try call.object()
        try object.check(known: ["now"])
        var request = ControlRequest(.maintenanceStart)
        request.now = try object.boolean("now") ?? false
        return try await changed(request, call)
    }

    private func changeMaintenance(_ call: Call) async throws(Problem) -> Answer {
        _ = try Query(call.query, known: [])
        let object = try call.object()
        try object.check(known: ["action"])
        let action = try object.required("action", object.text("action"), example: "\"pause\"")
        let command = try SessionParameters.word(
            action, "action",
            [
                ("pause", ControlRequest.Command.maintenancePause), ("resume", .maintenanceResume),
                ("abort", .maintenanceAbort),
            ])
        return try await changed(ControlRequest(command), call)
    }
}
