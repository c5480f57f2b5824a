import Lab
import TestSupport

/// A lab in which one session of each application meets the same events.
enum Bed: CaseIterable {
    /// Sessions are idle for longer than both timeouts.
    case idle
    case drain
    case recovery
    /// Sessions with the setting that keeps them alive: idle for as long, then their instances die.
    case setting

    /// A tunnel itself sends something until 10 s after its last use.
    private static let tunnelPeriod = Duration.seconds(11)
    /// Longer than both idle timeouts.
    private static let idlePeriod = Duration.seconds(300) / Site.timeScale + .seconds(6)
    /// Longer than the north-south timeout.
    private static let northSouthPeriod = Duration.seconds(240) / Site.timeScale + .seconds(4)
    /// How long an end may notice by itself that its instance has died.
    private static let timersPeriod = Duration.seconds(14)
    /// Servers listen on these ports.
    private static let ports = 8100..<8999

    private var cases: [Case] {
        switch self {
        case .idle: [.idleNorthSouth, .idleEastWest]
        case .drain: [.drain]
        case .recovery: [.instanceDies]
        case .setting: [.idleWithSetting]
        }
    }

    /// A session and what is measured of it.
    private struct Subject: Sendable {
        let application: any Application
        let `case`: Case
        let site: Site
    }

    /// What was measured of one session, or why it was not.
    struct Finding: Sendable {
        let application: String
        let `case`: Case
        let result: Result<Measurement, any Error>
        /// What both ends said, for messages.
        var transcript = ""
    }

    /// The findings where the whole lab has failed.
    func failed(_ error: any Error, _ applications: [any Application]) -> [Finding] {
        applications.flatMap { application in
            cases.filter(application.cases.contains).map {
                Finding(application: application.name, case: $0, result: .failure(error))
            }
        }
    }

    /// What is between the two ends.
    enum Kind: String, Sendable {
        case gateway
        case relay
    }

    /// Measures applications in a lab of its own: through the gateway all of them, through a relay those of TCP.
    func measure(_ applications: [any Application], through kind: Kind) async throws -> [Finding] {
        try await withTestLab(prefix: "sluice-ap") { lab in
            let isQuick = self == .idle || self == .setting
            try await prepareHosts(of: lab)
            switch kind {
            case .gateway:
                let gateway = try await lab.startGateway(configuration: configuration(lab, isQuick: isQuick))
                return try await measure(
                    applications, in: lab, through: GatewayPassage(gateway: gateway), name: kind.rawValue)
            case .relay:
                // What is drained or killed must not be idle for too long before.
                let passage = try await RelayPassage.start(in: lab, northSouthIdleTimeout: isQuick ? nil : "15m")
                return try await measure(
                    applications.filter(\.isTCP), in: lab, through: passage, name: kind.rawValue)
            }
        }
    }

    private func measure(
        _ applications: [any Application], in lab: Lab, through passage: some Passage, name: String
    ) async throws -> [Finding] {
        var subjects: [Subject] = []
        for application in applications {
            for measured in cases where application.cases.contains(measured) {
                let port = Self.ports.lowerBound + subjects.count
                let place = measured.hasSetting && application.isSettingOfHost ? LabPlace.peer : .client
                let target = try await passage.target(from: place, to: measured.zone, port: port)
                let site = Site(lab: lab, clientPlace: place, serverZone: measured.zone, port: port, target: target)
                subjects.append(Subject(application: application, case: measured, site: site))
            }
        }
        let opened = await Self.concurrently(subjects, atOnce: 6) { subject in
            try await subject.application.open(at: subject.site, withSetting: subject.case.hasSetting)
        }
        var findings: [Finding] = []
        var pairs: [(Subject, Pair)] = []
        for (subject, result) in zip(subjects, opened) {
            switch result {
            case .success(let pair): pairs.append((subject, pair))
            case .failure(let error):
                findings.append(
                    Finding(application: subject.application.name, case: subject.case, result: .failure(error)))
            }
        }
        findings += try await observe(pairs, passage: passage, name: name)
        _ = await Self.concurrently(pairs.map(\.1), atOnce: pairs.count) { await $0.close() }
        return findings
    }

    private func observe(
        _ pairs: [(Subject, Pair)], passage: some Passage, name: String
    ) async throws -> [Finding] {
        var watches = pairs.map { Watch($1, port: $0.site.port, word: "hello") }
        switch self {
        case .idle: try await Task.sleep(for: Self.idlePeriod)
        case .setting: try await Task.sleep(for: Self.northSouthPeriod)
        case .drain:
            try await Task.sleep(for: Self.tunnelPeriod)
            try await passage.drain()
        case .recovery:
            try await Task.sleep(for: Self.tunnelPeriod)
            try await passage.killInstances()
            try await Task.sleep(for: Self.timersPeriod)
        }
        var findings = await outcomes(pairs, watches, case: nil, word: "later", name: name)
        guard self == .setting else { return findings }
        let alive = zip(pairs, findings).filter { pair, finding in
            pair.0.application.cases.contains(.instanceDiesWithSetting)
                && (try? finding.result.get().client.moment) == .survives
        }.map(\.0)
        watches = alive.map { Watch($1, port: $0.site.port, word: "later") }
        try await passage.killInstances()
        try await Task.sleep(for: Self.timersPeriod)
        findings += await outcomes(alive, watches, case: .instanceDiesWithSetting, word: "last", name: name)
        return findings
    }

    /// What became visible at both ends of each session. `case` replaces that of the subjects.
    private func outcomes(
        _ pairs: [(Subject, Pair)], _ watches: [Watch], case replacement: Case?, word: String, name: String
    ) async -> [Finding] {
        let results = await Self.concurrently(watches, atOnce: watches.count) { try await $0.outcome(word: word) }
        return zip(pairs, results).map { pair, result in
            let (subject, ends) = pair
            let measured = replacement ?? subject.case
            return Finding(
                application: subject.application.name, case: measured,
                result: result.map { outcome in
                    Measurement(
                        application: subject.application.name, case: measured, passage: name, client: outcome.client,
                        server: outcome.server)
                },
                transcript: ends.transcript)
        }
    }

    /// Runs `body` for all elements, some of them at a time, and returns the results in the order of the elements.
    static func concurrently<Element: Sendable, Value: Sendable>(
        _ elements: [Element], atOnce limit: Int, _ body: @escaping @Sendable (Element) async throws -> Value
    ) async -> [Result<Value, any Error>] {
        await withTaskGroup(of: (Int, Result<Value, any Error>).self) { group in
            var results: [Int: Result<Value, any Error>] = [:]
            for (index, element) in elements.enumerated() {
                if index >= limit, let (done, result) = await group.next() { results[done] = result }
                group.addTask {
                    do {
                        return (index, .success(try await body(element)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for await (done, result) in group { results[done] = result }
            return elements.indices.compactMap { results[$0] }
        }
    }

    // MARK: - The lab

    private func configuration(_ lab: Lab, isQuick: Bool) -> String {
        let inside = LabZone.allCases.filter { $0 != .internet }.map { "\"\($0.prefix)\"" }.joined(separator: ", ")
        let ports = "\(Self.ports.lowerBound)-\(Self.ports.upperBound)"
        // What is drained or killed must not be idle for too long before.
        let timeout = isQuick ? "" : ", idleTimeout: 15m"
        let rules = ["Tcp", "Udp"].enumerated().map { index, transport in
            "name: applications-\(transport), priority: \(200 + index), access: Allow, protocol: \(transport), "
                + "source: [\(inside)], destination: [\"*\"], destinationPorts: [\(ports)]\(timeout)"
        }
        return lab.configuration(timeScale: Site.timeScale, sessions: 4096, rules: rules)
    }

    private func prepareHosts(of lab: Lab) async throws {
        // TCP gives up after about 13 s instead of a quarter of an hour, later than the programs' own timers. A tunnel's
        // device sends nothing by itself.
        for zone in LabZone.allCases {
            var settings = ["ipv4/tcp_retries2": 5, "ipv6/conf/default/disable_ipv6": 1]
            if self == .setting && zone == .peer {
                settings["ipv4/tcp_keepalive_time"] = Site.thirtySeconds
                settings["ipv4/tcp_keepalive_intvl"] = 1
                settings["ipv4/tcp_keepalive_probes"] = 3
            }
            let script = settings.map { "echo \($0.value) >/proc/sys/net/\($0.key)" }.joined(separator: " && ")
            try await lab.execute(in: .zone(zone), ["sh", "-c", script]).required()
        }
    }
}
