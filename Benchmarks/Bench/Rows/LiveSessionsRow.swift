import Glibc
import Lab

/// Very many live sessions in one gateway: their memory, the cost of ageing them, and how late they end when all become
/// idle one right after the other.
struct LiveSessionsRow: Row {
    let name: String
    let kind: ContenderKind
    let sessions: Int
    let transport: Transport

    enum Transport {
        /// Complete handshakes, then one segment of each session as fast as possible, so that all become idle within
        /// seconds.
        case tcp
        /// One datagram for each session.
        case udp
    }

    static let million = LiveSessionsRow(
        name: "live-1m", kind: .sluiceMillion, sessions: 1_000_000, transport: .tcp)
    static let tenMillion = LiveSessionsRow(
        name: "live-10m", kind: .sluiceTenMillion, sessions: 10_000_000, transport: .udp)

    private static let chunk = 1024
    private static let quietSeconds = 5

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        let contender = try await testbed.contender(kind)
        let report = try await measure(contender, effort)
        // Its memory is needed for other rows.
        try await testbed.end(kind)
        return report
    }

    private func measure(_ contender: Contender, _ effort: Effort) async throws -> RowReport {
        guard let gateway = contender.gateway, let idleSeconds = kind.sluiceSettings?.idleSeconds else {
            preconditionFailure("\(kind) is not a gateway whose sessions end")
        }
        try await contender.setHostsDropping(true)
        Progress.note("opening \(sessions) sessions through \(kind.title)")
        // On a busy machine the first session could expire before the last one is open.
        let expiry = try CPUMeter.withPriority { try open(contender, idleSeconds: idleSeconds) }
        let meter = try CPUMeter(processes: contender.processes)
        let start = try meter.reading()
        try await Task.sleep(for: .seconds(Self.quietSeconds))
        let quiet = try meter.reading() - start
        let status = try await SluiceStatus(of: gateway)
        guard status.sessions.established == sessions else {
            throw BenchError.sessions(
                contender: kind.title, expected: sessions, found: status.sessions.established)
        }
        let expired = try await watch(contender, expiry)
        return report(
            status: status, ageingShare: Double(quiet.processes) / Double(quiet.wall), expired: expired)
    }

    private func open(_ contender: Contender, idleSeconds: Int) throws -> IdleExpiry {
        if transport == .tcp {
            try SessionOpener(client: contender.client, service: contender.service).open(0..<sessions)
        }
        var expiry = IdleExpiry(idleSeconds: idleSeconds)
        let sender = try FrameSender(transport == .tcp ? .data : .datagram, host: contender.client)
        var first = 0
        while first < sessions {
            try StopRequest.check()
            let count = min(Self.chunk, sessions - first)
            expiry.noteChunk(upTo: first + count, at: CPUMeter.nanoseconds(CLOCK_MONOTONIC))
            try sender.send(count) { frame, index in
                let flow = Flow(number: first + index)
                if transport == .tcp { frame.writeData(flow, segment: 0) } else { frame.writeDatagram(flow) }
            }
            first += count
        }
        return expiry
    }

    /// Counts the remaining sessions repeatedly, until none is left.
    private func watch(_ contender: Contender, _ opened: IdleExpiry) async throws -> IdleExpiry {
        var expiry = opened
        let wait = expiry.firstDue - CPUMeter.nanoseconds(CLOCK_MONOTONIC)
        Progress.note("waiting for \(sessions) sessions to become idle")
        if wait > 0 { try await Task.sleep(for: .nanoseconds(wait)) }
        // Far later than any session is due. If a session exists then, its delay shows it.
        let sessionsLeft = try LiveSessions(gateway: contender.lab.name)
        let deadline = ContinuousClock.now + .seconds(expiry.idleSeconds + 60)
        while ContinuousClock.now < deadline {
            try StopRequest.check()
            let asked = CPUMeter.nanoseconds(CLOCK_MONOTONIC)
            let left = sessionsLeft.established()
            expiry.noteGone(sessions - left, within: asked...CPUMeter.nanoseconds(CLOCK_MONOTONIC))
            if left == 0 { break }
            // Counting uses memory bandwidth that the gateway's processes need: not too often.
            try await Task.sleep(for: .milliseconds(100))
        }
        return expiry
    }

    private func report(status: SluiceStatus, ageingShare: Double, expired: IdleExpiry) -> RowReport {
        func judged(_ what: String, _ value: Double, _ limit: Double?) -> RowReport.Comparison {
            RowReport.Comparison(what: what, value: Spread([value]), target: limit.map { .atMost($0) })
        }
        let whole = Double(status.memory.totalBytes) / Double(status.sessions.capacity)
        return RowReport(
            name: name, title: "\(sessions) live sessions (\(transport))", unit: "", figures: [],
            comparisons: [
                judged("bytes a session, by the capacity", status.memory.bytesPerSession, 256),
                judged("bytes a session, all of the datapath's memory", whole, nil),
                judged("CPU share of a core while all are idle", ageingShare, 0.05),
                judged("idle expiry, seconds late, at most", expired.latestSeconds.atMost, 1),
                judged("idle expiry, seconds late, at least", expired.latestSeconds.atLeast, nil),
            ] + Conntrack.entryBytes.map { judged("for comparison: bytes of an nf_conntrack entry", Double($0), nil) },
            remarks: ["one run; the two figures of lateness differ by the time that counting takes"])
    }
}
