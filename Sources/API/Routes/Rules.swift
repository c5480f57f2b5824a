import Inspection
import Policy

extension Service {
    /// A dynamic port (RFC 6335, 6), as a client's own port.
    private static let anySourcePort = 49152

    var policyRoutes: [Route] {
        [
            Route(.get, "/v1/policy", .read) { call throws(Problem) in
                let query = try Query(call.query, known: ["zone"])
                let zone = query.text("zone")
                if let zone { _ = try self.zoneNumber(zone, "zone") }
                return try .json(
                    try self.reading { () throws(InspectionError) in
                        try self.inspector.activeRules(zone: zone)
                    })
            },
            Route(.post, "/v1/policy:explain", .read) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                return try self.explain(call)
            },
            Route(.post, "/v1/policy:check", .read) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                return try self.check(call)
            },
        ]
    }

    private func explain(_ call: Call) throws(Problem) -> Answer {
        let object = try call.object()
        try object.check(known: [
            "protocol", "source", "sourcePort", "destination", "destinationPort", "zone", "destinationZone", "host",
        ])
        let ipProtocol = try SessionParameters.ipProtocol(
            object.required("protocol", object.text("protocol"), example: "\"tcp\""))
        let source = try address(object, "source", example: "\"10.1.0.5\"")
        let destination = try address(object, "destination", example: "\"203.0.113.10\"")
        guard source.family == destination.family else {
            throw Problem(
                .contradiction, "source \(source) and destination \(destination) are of different families",
                remedy: "write two addresses of the same family", field: "destination")
        }
        let hasPorts = ipProtocol == 6 || ipProtocol == 17
        let sourcePort = try object.integer("sourcePort", 0...65535)
        let destinationPort = try object.integer("destinationPort", 0...65535)
        if hasPorts, destinationPort == nil {
            throw Problem(
                .contradiction, "'destinationPort' is missing: \(ProtocolName.write(ipProtocol)) has ports",
                remedy: "write for example \"destinationPort\": 443", field: "destinationPort")
        }
        let forHost = try object.boolean("host") ?? false
        var question = FlowQuestion(
            ipProtocol: ipProtocol, source: source,
            sourcePort: UInt16(sourcePort ?? (hasPorts ? Self.anySourcePort : 0)), destination: destination,
            destinationPort: UInt16(destinationPort ?? 0), forHost: forHost)
        let configuration = try reading { () throws(InspectionError) in try inspector.directory.configuration() }
        let zone = try object.text("zone")
        let destinationZone = try object.text("destinationZone")
        if let zone { question.sourceZone = try zoneNumber(zone, "zone") }
        if let destinationZone { question.destinationZone = try zoneNumber(destinationZone, "destinationZone") }
        // If groups apply, the answer depends on the zones.
        if !forHost, zone == nil || destinationZone == nil,
            configuration.zones.contains(where: { $0.networkSecurityGroup != nil })
        {
            throw Problem(
                .contradiction, "zones have groups, so the answer depends on the zones",
                remedy: "write where the packet comes from and goes to: \"zone\", \"destinationZone\"",
                field: zone == nil ? "zone" : "destinationZone")
        }
        let asked = question
        return try .json(
            try reading { () throws(InspectionError) in
                try inspector.explain(asked, configuration: configuration)
            })
    }

    private func address(_ object: Call.Object, _ key: String, example: String) throws(Problem) -> NetworkAddress {
        let text = try object.required(key, object.text(key), example: example)
        guard let address = NetworkAddress(text) else {
            throw Problem(
                .badRequest, "\(key): '\(text)' is not an address", remedy: "write one like 10.1.2.3 or 2001:db8::1",
                field: key)
        }
        return address
    }

    private func zoneNumber(_ name: String, _ field: String) throws(Problem) -> UInt8 {
        let configuration = try reading { () throws(InspectionError) in try inspector.directory.configuration() }
        let identities = try reading { () throws(InspectionError) in try inspector.directory.zoneIdentities() }
        let known = configuration.zones.map(\.name)
        guard known.contains(name), let number = identities.identity(of: name) else {
            let nearest = DidYouMean.nearest(to: name, among: known).map { " (did you mean \($0)?)" } ?? ""
            throw Problem(
                .notFound, "gateway \(inspector.gateway) has no zone \(name)\(nearest)",
                remedy: "write one of its zones: \(known.joined(separator: ", "))", field: field)
        }
        return number
    }

    /// Checks a configuration from the request, like 'policy check' with a file.
    private func check(_ call: Call) throws(Problem) -> Answer {
        let object = try call.object()
        try object.check(known: ["configuration"])
        let text = try object.required(
            "configuration", object.text("configuration"), example: "\"zones: [...]\"")
        let report = ConfigurationReport(checkingRulesOf: text, calling: "sluice.yaml")
        guard report.isValid else {
            var problem = Problem(
                .invalidPolicy, report.errors.map(\.text).joined(separator: "\n"),
                remedy: "correct it; nothing was applied", field: "configuration")
            problem.report = report
            throw problem
        }
        return try .json(report)
    }
}
