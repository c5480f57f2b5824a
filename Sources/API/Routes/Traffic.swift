internal import FoundationEssentials
import FlowLog
import Inspection
import Policy

extension Service {
    var trafficRoutes: [Route] {
        [
            Route(.get, "/v1/flow-logs", .read) { call throws(Problem) in try self.flowLogs(call) },
            Route(.get, "/v1/drops", .read) { call throws(Problem) in
                _ = try Query(call.query, known: [])
                return try .json(DropReport(packets: self.inspector.drops()))
            },
        ]
    }

    /// The output of `flow-log query --json`.
    private func flowLogs(_ call: Call) throws(Problem) -> Answer {
        let query = try Query(
            call.query,
            known: ["source", "destination", "port", "protocol", "rule", "decision", "last", "format", "top"])
        let filter = try flowLogFilter(query)
        let top = try query.number("top", 0...1000) ?? 10
        let format = try query.value("format") { text throws(Problem) in
            try SessionParameters.word(text, "format", FlowLogSettings.Format.allCases.map { ($0.rawValue, $0) })
        }
        let configuration = try reading { () throws(InspectionError) in try inspector.directory.configuration() }
        guard let settings = configuration.flowLog else {
            throw Problem(
                .notFound, "gateway \(inspector.gateway) logs no sessions",
                remedy: "add flowLog: { directory: /var/log/sluice } to its configuration, then: sluice reload")
        }
        guard let seat = queries.take() else {
            var problem = Problem(
                .unavailable, "another query of the flow log is running", remedy: "try again in a moment")
            problem.retryAfterSeconds = 2
            throw problem
        }
        defer { withExtendedLifetime(seat) {} }
        let tree: FlowLogTree
        do {
            tree = try FlowLogTree(settings.directory)
        } catch {
            throw Problem(
                .unavailable, "no flow log can be read: \(error)",
                remedy:
                    "give group 65533, which only the API's process belongs to, read permission for \(settings.directory)"
            )
        }
        var sums = FlowLogSums()
        if let format = format ?? tree.formats.first {
            sums.unreadable =
                FlowLogReading.forEach(in: tree, format: format, filter: filter) { sums.add($0) }.unreadable
        }
        sums.omitted = FlowLogReading.omissions(in: tree.root, since: filter.since)
        return try .json(FlowLogReport(sums, top: top))
    }

    private func flowLogFilter(_ query: Query) throws(Problem) -> FlowLogFilter {
        var filter = FlowLogFilter()
        if let text = query.text("source") { filter.source = try SessionParameters.prefix(text, "source") }
        if let text = query.text("destination") {
            filter.destination = try SessionParameters.prefix(text, "destination")
        }
        filter.port = try query.number("port", 0...65535).map { UInt16($0) }
        filter.ipProtocol = try query.value("protocol", SessionParameters.ipProtocol)
        filter.rule = query.text("rule")
        filter.decision = try query.value("decision") { text throws(Problem) in
            try SessionParameters.word(
                text, "decision", [("allowed", FlowTuple.Decision.allowed), ("denied", .denied)])
        }
        filter.since = try query.value("last") { text throws(Problem) in
            guard let duration = DurationText.parse(text) else {
                throw Problem(
                    .badRequest, "last: '\(text)' is not a duration", remedy: "write for example 15m, 2h or 7d",
                    field: "last")
            }
            let now = UInt64(max(0, Date().timeIntervalSince1970) * 1e9)
            return now - min(now, duration)
        }
        return filter
    }
}
