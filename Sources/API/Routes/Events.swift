internal import FoundationEssentials
import Gateway
import HTTPTypes
import Inspection
import Policy
import Store

extension Service {
    private static let eventsUsually = 100
    private static let eventsMost = 1000

    var eventRoutes: [Route] {
        [
            Route(.get, "/v1/events", .read) { call throws(Problem) in
                let query = try Query(
                    call.query, known: ["after", "since", "kind", "instance", "limit"], repeated: ["kind", "instance"])
                var filter = try self.filter(query)
                filter.after = try query.number("after", 0...Int.max).map(Int64.init)
                let limit = try query.number("limit", 1...Self.eventsMost) ?? Self.eventsUsually
                let asked = filter
                return try .json(
                    try self.events { reader throws(HistoryError) in
                        try reader.events(asked, limit: limit).map(EventView.init)
                    })
            },
            Route(.get, "/v1/events/stream", .read) { call throws(Problem) in try self.eventStream(call) },
        ]
    }

    private func filter(_ query: Query) throws(Problem) -> HistoryFilter {
        for kind in query.texts("kind") {
            _ = try SessionParameters.word(kind, "kind", EventKinds.all.map { ($0, $0) })
        }
        var subjects: [String] = []
        for text in query.texts("instance") {
            guard let number = Query.number(text), (1...65535).contains(number) else {
                throw Problem(
                    .badRequest, "instance is '\(text)'", remedy: "write a whole number from 1 to 65535",
                    field: "instance")
            }
            subjects.append("instance \(number)")
        }
        var filter = HistoryFilter(kinds: query.texts("kind"), subjects: subjects)
        filter.since = try query.value("since", Self.since)
        return filter
    }

    /// Nanoseconds since 1970.
    private static func since(_ text: String) throws(Problem) -> UInt64 {
        let now = UInt64(max(0, Date().timeIntervalSince1970) * 1e9)
        if let duration = DurationText.parse(text) { return now - min(now, duration) }
        if let date = try? Date(text, strategy: .iso8601), (0..<1e10).contains(date.timeIntervalSince1970) {
            return UInt64(date.timeIntervalSince1970) * 1_000_000_000
        }
        // It has the shape of a time but is not one, such as the 30th of February.
        let isMoment = text.utf8.count == 20 && text.hasSuffix("Z")
        throw Problem(
            isMoment ? .contradiction : .badRequest, "since: '\(text)' is not a time",
            remedy: "write a duration like 2h or 7d, or a time like 2026-03-01T12:00:00Z", field: "since")
    }

    /// Reads the history, which may have been moved or recreated since the last read.
    func events<Result>(_ body: (HistoryReader) throws(HistoryError) -> Result) throws(Problem) -> Result {
        do throws(HistoryError) {
            return try body(try historyReader.get())
        } catch {
            throw Problem(
                .unavailable, "\(error)", remedy: "see the problem of the history: GET /v1/status")
        }
    }

    /// Server-sent events (HTML, 9.2): from now on, or from the event after `Last-Event-ID`.
    private func eventStream(_ call: Call) throws(Problem) -> Answer {
        let query = try Query(
            call.query, known: ["after", "since", "kind", "instance"], repeated: ["kind", "instance"])
        let filter = try filter(query)
        var after = try query.number("after", 0...Int.max).map(Int64.init)
        if let name = HTTPField.Name("Last-Event-ID"), let text = call.headers[name] {
            guard let number = Query.number(text), number >= 0 else {
                throw Problem(
                    .badRequest, "Last-Event-ID is '\(text)'", remedy: "write the id of an event",
                    field: "Last-Event-ID")
            }
            after = Int64(number)
        }
        // A history that can't be read is reported before the stream begins.
        let last = try events { reader throws(HistoryError) in try reader.lastIdentifier() }
        guard let seat = streams.take() else {
            var problem = Problem(
                .tooManyRequests, "all \(limits.streams) streams are in use",
                remedy: "end another one, or raise api.limits.streams")
            problem.retryAfterSeconds = 10
            throw problem
        }
        let stream = EventStream(
            history: historyReader, filter: filter, after: after ?? (filter.since == nil ? last : 0))
        return Answer(stream: { writer in
            // Released when this closure ends, for any reason.
            try await stream.run(&writer, isConnected: call.isConnected)
            withExtendedLifetime(seat) {}
        })
    }
}
