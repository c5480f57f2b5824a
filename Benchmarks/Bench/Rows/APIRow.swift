import Glibc
import Lab

/// The cost of observing a gateway with a million sessions from outside: a scrape, a part of the list of sessions, many
/// event streams, and the idle API process.
struct APIRow: Row {
    let name = "api"

    /// Concurrent streams.
    static let streams = 1000

    private static let kind = ContenderKind.sluiceAPI
    private static let sessions = 1_000_000
    private static let chunk = 1024
    private static let idleSeconds = 10

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contender = try await testbed.contender(Self.kind)
        guard let gateway = contender.gateway else { preconditionFailure("\(Self.kind) is not a gateway") }
        try await contender.setHostsDropping(true)
        Progress.note("opening \(Self.sessions) sessions through \(Self.kind.title)")
        try open(contender)
        let status = try await SluiceStatus(of: gateway)
        guard status.sessions.established == Self.sessions else {
            throw BenchError.sessions(
                contender: Self.kind.title, expected: Self.sessions, found: status.sessions.established)
        }
        let comparisons =
            try await answers(contender.lab, count: effort.isQuick ? 20 : 100) + whileIdle(gateway)
            + streams(contender, gateway)
        // Its memory is needed for other rows.
        try await testbed.end(Self.kind)
        return RowReport(
            name: name, title: "The HTTP API, with \(Self.sessions) sessions", unit: "", figures: [],
            comparisons: comparisons, remarks: ["times are curl's, on one connection, from the gateway itself"])
    }

    private func open(_ contender: Contender) throws {
        let sender = try FrameSender(.datagram, host: contender.client)
        var first = 0
        while first < Self.sessions {
            try StopRequest.check()
            let count = min(Self.chunk, Self.sessions - first)
            try sender.send(count) { frame, index in frame.writeDatagram(Flow(number: first + index)) }
            first += count
        }
    }

    private func answers(_ lab: Lab, count: Int) async throws -> [RowReport.Comparison] {
        var comparisons: [RowReport.Comparison] = []
        func judge(_ what: String, _ requests: HTTPRequests, atMost limit: Double?) async throws {
            let outcome = try await requests.perform(count)
            comparisons.append(
                RowReport.Comparison(
                    what: "ms: \(what) (\(outcome.bytes) bytes)", value: Spread(outcome.milliseconds),
                    target: limit.map { .atMost($0) }))
        }
        try await judge("a scrape", HTTPRequests(lab: lab, path: "/metrics"), atMost: 20)
        try await judge(
            "a scrape as OpenMetrics",
            HTTPRequests(
                lab: lab, path: "/metrics", header: "Accept: application/openmetrics-text; version=1.0.0"), atMost: 20)
        try await judge("1,000 sessions", HTTPRequests(lab: lab, path: "/v1/sessions?limit=1000"), atMost: 50)
        try await judge(
            "sessions of a rare port",
            HTTPRequests(lab: lab, path: "/v1/sessions?limit=1000&port=1"), atMost: nil)
        try await judge("the status", HTTPRequests(lab: lab, path: "/v1/status"), atMost: nil)
        return comparisons
    }

    private func whileIdle(_ gateway: LabGateway) async throws -> [RowReport.Comparison] {
        let process = try apiProcess(of: gateway)
        let start = (try CPUMeter.runtime(ofProcess: process), CPUMeter.nanoseconds(CLOCK_MONOTONIC))
        try await Task.sleep(for: .seconds(Self.idleSeconds))
        let end = (try CPUMeter.runtime(ofProcess: process), CPUMeter.nanoseconds(CLOCK_MONOTONIC))
        let share = 100 * Double(end.0 - start.0) / Double(end.1 - start.1)
        let memory = try ProcessMemory(of: process)
        return [
            RowReport.Comparison(
                what: "% of a core, idle API process", value: Spread([share]), target: .atMost(0.2)),
            RowReport.Comparison(
                what: "MiB private memory, after all these requests",
                value: Spread([Double(memory.privateKibibytes) / 1024]), target: nil),
        ]
    }

    private func streams(_ contender: Contender, _ gateway: LabGateway) async throws -> [RowReport.Comparison] {
        let process = try apiProcess(of: gateway)
        let before = try ProcessMemory(of: process)
        Progress.note("opening \(Self.streams) streams of events")
        let streams = try EventStreams(Self.streams, in: contender.gatewayPlace, port: HTTPRequests.port)
        let after = try ProcessMemory(of: process)
        let start = (try CPUMeter.runtime(ofProcess: process), CPUMeter.nanoseconds(CLOCK_MONOTONIC))
        try await gateway.command("fleet", "prescale", "--min", "2", "--max", "4").required()
        try streams.receive("capacityChanged", withinSeconds: 20)
        let end = (try CPUMeter.runtime(ofProcess: process), CPUMeter.nanoseconds(CLOCK_MONOTONIC))
        return [
            RowReport.Comparison(
                what: "KiB a stream, of \(Self.streams)",
                value: Spread([Double(after.privateKibibytes - before.privateKibibytes) / Double(Self.streams)]),
                target: nil),
            RowReport.Comparison(
                what: "ms from a command to its event at the last of \(Self.streams) streams",
                value: Spread([Double(end.1 - start.1) / 1e6]), target: nil),
            RowReport.Comparison(
                what: "ms of CPU for that event at all of them", value: Spread([Double(end.0 - start.0) / 1e6]),
                target: nil),
        ]
    }

    /// The API process writes its process identifier into its lock file.
    private func apiProcess(of gateway: LabGateway) throws -> pid_t {
        let path = "/run/sluice/\(gateway.lab.name)/api.lock"
        let text = try BenchFile.read(path)
        guard let process = pid_t(text.prefix { $0.isNumber }) else { throw BenchError.answer(of: path, was: text) }
        return process
    }
}
