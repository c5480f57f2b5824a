import FlowCore
import Gateway
import HTTPTypes
import Inspection

extension Service {
    private static let sessionsUsually = 1000
    private static let sessionsMost = 1000

    var sessionRoutes: [Route] {
        [
            Route(.get, "/v1/sessions", .read) { call throws(Problem) in try self.sessions(call) },
            Route(.get, "/v1/sessions/{id}", .read) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                let identifier = try self.identifier(call)
                guard let session = self.inspector.session(identifier) else { throw self.gone(identifier) }
                return try .json(session)
            },
            Route(.post, "/v1/sessions/{id}:reset", .admin) { call async throws(Problem) in
                _ = try Query(call.query, known: [])
                try call.object().check(known: [])
                let identifier = try self.identifier(call)
                guard self.inspector.memory.record(identifier) != nil else { throw self.gone(identifier) }
                return try await self.reset([identifier], token: call.token)
            },
            Route(.post, "/v1/sessions:reset", .admin) { call async throws(Problem) in
                _ = try Query(call.query, known: [])
                return try await self.resetMany(call)
            },
        ]
    }

    /// The output of `session list --json`. If there are more sessions, the Link header (RFC 8288) leads to them.
    private func sessions(_ call: Call) throws(Problem) -> Answer {
        let query = try Query(call.query, known: SessionParameters.names + ["atRisk", "limit", "cursor"])
        let filter = try SessionParameters.filter(query)
        let limit = try query.number("limit", 1...Self.sessionsMost) ?? Self.sessionsUsually
        let first = try query.value("cursor", Self.cursor) ?? 0
        let atRisk = try query.flag("atRisk") ?? false
        var row = JSONRow()
        var bytes = Array("[".utf8)
        var count = 0
        let next = inspector.sessions(filter, atRisk: atRisk, from: first, limit: limit) { session in
            count += 1
            row.newLine(comma: count > 1)
            SessionRow.write(session, to: &row)
        }
        if count > 0 { row.newLine(comma: false) }
        bytes += row.bytes
        bytes += Array("]\n".utf8)
        var answer = Answer(type: Answer.jsonType, bytes)
        if let next, let link = HTTPField.Name("Link") {
            let others = call.query.filter { $0.name != "cursor" }.map {
                "\(Self.encoded($0.name))=\(Self.encoded($0.value))&"
            }
            answer.headers[link] = "</v1/sessions?\(others.joined())cursor=\(String(next, radix: 16))>; rel=\"next\""
        }
        return answer
    }

    private static func cursor(_ text: String) throws(Problem) -> Int {
        guard text.utf8.count <= 8, let slot = Int(text, radix: 16), slot >= 0, text.first != "+", text.first != "-"
        else {
            throw Problem(
                .badRequest, "cursor: '\(text)' is not valid",
                remedy: "copy it from the Link header of the previous answer", field: "cursor")
        }
        return slot
    }

    /// Encodes a value for a query (RFC 3986, 2.1).
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    private func identifier(_ call: Call) throws(Problem) -> SessionIdentifier {
        let text = call.parameters["id"] ?? ""
        guard let identifier = SessionIdentifier(text), "\(identifier)" == text else {
            throw Problem(
                .badRequest, "'\(text)' is not a session id",
                remedy: "write one like 1a2b-7, from GET /v1/sessions", field: "id")
        }
        return identifier
    }

    private func gone(_ identifier: SessionIdentifier) -> Problem {
        Problem(
            .notFound, "gateway \(inspector.gateway) has no session \(identifier): it has ended, or never existed",
            remedy: "see the current sessions: GET /v1/sessions", field: "id")
    }

    // MARK: Resets

    /// Resets all sessions that match a filter, if their number is the confirmed one.
    private func resetMany(_ call: Call) async throws(Problem) -> Answer {
        let object = try call.object()
        try object.check(known: SessionParameters.names + ["all", "confirm"])
        let filter = try SessionParameters.filter(object)
        let all = try object.boolean("all") ?? false
        guard filter.isEmpty == all else {
            throw Problem(
                .contradiction,
                all ? "'all' and a filter contradict each other" : "neither 'all' nor a filter is given",
                remedy: all
                    ? "remove one of them" : "write a filter like \"source\": \"10.1.0.0/16\", or \"all\": true",
                field: "all")
        }
        let confirm = try object.required(
            "confirm", object.integer("confirm", 0...Int(Int32.max)), example: "12")
        var chosen: [SessionIdentifier] = []
        inspector.memory.forEach(where: filter) { record in
            // Sessions that are closed or tombstones have no end to reset.
            if !record.word.isState(.closed), !record.word.isState(.resetting) { chosen.append(record.identifier) }
        }
        guard chosen.count == confirm else {
            throw Problem(
                .conflict, "\(chosen.count) sessions match now, not \(confirm)",
                remedy: "check them with GET /v1/sessions, then write \"confirm\": \(chosen.count)", field: "confirm")
        }
        return try await reset(chosen, token: call.token)
    }

    private func reset(_ sessions: [SessionIdentifier], token: String?) async throws(Problem) -> Answer {
        var count = 0
        var rest = sessions[...]
        while !rest.isEmpty {
            let part = rest.prefix(ControlLimits.sessionsPerRequest)
            rest = rest.dropFirst(part.count)
            let references = part.map { SessionReference(slot: $0.slot, generation: $0.generation) }
            count += try await change(ControlRequest(.sessionReset, sessions: references), token: token).count ?? 0
        }
        return try .json(ResetReport(reset: count))
    }
}
