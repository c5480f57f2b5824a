/// Many long-lived TCP sessions at once, opened by the client's host: north-south and east-west, over IPv4 and IPv6.
/// Some continuously move bytes in both directions; the others are idle except for TCP keep-alives.
///
/// There is one process at each end of a group of connections. Both ends know the expected bytes, so they detect lost,
/// repeated and changed bytes.
package final class LongSessions: Sendable {
    /// How many sessions there are of each kind, and what they do.
    package struct Load: Sendable {
        /// Connections that move bytes, for each of the four pairs of zone and IP version.
        package var moving: Int
        /// Idle connections, for each of the four pairs.
        package var quiet: Int
        /// Between two writes of each end of a connection that moves bytes.
        package var secondsBetweenWrites = 0.1
        package var bytesPerWrite = 500
        /// Idle seconds until keep-alives begin. An end gives up after three keep-alives without an answer, a second
        /// apart.
        package var keepAliveSeconds = 2

        package init(moving: Int, quiet: Int) {
            self.moving = moving
            self.quiet = quiet
        }
    }

    /// The common properties of a group of connections.
    package struct Group: Hashable, Sendable {
        package let zone: LabZone
        package let version: IPVersion
        /// Whether bytes move continuously.
        package let isMoving: Bool
        /// The server's port.
        package let port: Int
    }

    package struct Connection: Hashable, Sendable {
        package let group: Group
        package let clientPort: Int
        fileprivate let clientIdentifier: Int
        fileprivate let serverIdentifier: Int
    }

    private struct Ends: Sendable {
        let client: Endpoint
        let server: Endpoint
    }

    package let connections: [Connection]
    /// The number of server ports of one set, starting with its first.
    package static let ports = 8

    private let ends: [Group: Ends]

    private init(connections: [Connection], ends: [Group: Ends]) {
        self.connections = connections
        self.ends = ends
    }

    /// Opens all of them, and returns when both ends of each are connected.
    package static func open(in lab: Lab, _ load: Load, firstPort: Int) async throws(LabError) -> LongSessions {
        let groups = groups(load, firstPort: firstPort).filter { $0.count > 0 }
        // All at the same time, because processes take a while to start.
        var servers: [Group: Endpoint] = [:]
        for (group, _) in groups {
            servers[group] = try lab.endpoint(
                in: .zone(group.zone), ["listen", String(group.port)] + options(load, of: group))
        }
        var ends: [Group: Ends] = [:]
        for (group, count) in groups {
            guard let server = servers[group] else { continue }
            try await server.waitFor("listening", within: patience)
            let target = ["connect", group.zone.address(group.version), String(group.port), "--count", String(count)]
            ends[group] = Ends(
                client: try lab.endpoint(in: .client, target + options(load, of: group)), server: server)
        }
        var connections: [Connection] = []
        for (group, count) in groups {
            guard let pair = ends[group] else { continue }
            let connected = try await pair.client.waitFor("connected", count: count, within: patience)
            let accepted = try await pair.server.waitFor("accepted", count: count, within: patience)
            for event in connected {
                guard let port = event.localPort, let client = event.id,
                    let server = accepted.first(where: { $0.remotePort == port })?.id
                else { continue }
                connections.append(
                    Connection(group: group, clientPort: port, clientIdentifier: client, serverIdentifier: server))
            }
        }
        return LongSessions(connections: connections, ends: ends)
    }

    private static let patience = Duration.seconds(20)

    private static func groups(_ load: Load, firstPort: Int) -> [(Group, count: Int)] {
        var groups: [(Group, count: Int)] = []
        for zone in [LabZone.internet, .peer] {
            for version in IPVersion.allCases {
                for isMoving in [true, false] {
                    let group = Group(
                        zone: zone, version: version, isMoving: isMoving, port: firstPort + groups.count)
                    groups.append((group, isMoving ? load.moving : load.quiet))
                }
            }
        }
        return groups
    }

    private static func options(_ load: Load, of group: Group) -> [String] {
        var options = [
            "--quiet", "--keepalive-idle", String(load.keepAliveSeconds), "--keepalive-interval", "1",
            "--keepalive-count", "3",
        ]
        if group.isMoving {
            options += ["--send-every", String(load.secondsBetweenWrites), "--send-bytes", String(load.bytesPerWrite)]
            options += ["--user-timeout", "5000"]
        }
        return options
    }

    // MARK: - Results

    /// What happened to one end of a connection.
    package enum End: Equatable, Sendable {
        case open
        /// It failed with an error such as `ECONNRESET`, at a time in seconds since 1970.
        case failed(String, at: Double)
        /// It received the FIN of the other end.
        case finished

        /// A text for people.
        package var text: String {
            switch self {
            case .open: "nothing"
            case .failed(let name, _): name
            case .finished: "a FIN"
            }
        }

        /// When this error occurred; nil if it did not.
        package func time(of name: String) -> Double? {
            guard case .failed(name, let time) = self else { return nil }
            return time
        }
    }

    package struct Fate: Equatable, Sendable {
        package let client: End
        package let server: End

        package var isUntouched: Bool { client == .open && server == .open }
        /// When both ends were reset; nil if one of them was not.
        package var resetTimes: [Double]? {
            guard let client = client.time(of: "ECONNRESET"), let server = server.time(of: "ECONNRESET") else {
                return nil
            }
            return [client, server]
        }
    }

    /// What has happened to each connection so far.
    package func fates() -> [Connection: Fate] {
        var fates: [Connection: Fate] = [:]
        for (group, pair) in ends {
            let (clients, servers) = (Self.ends(pair.client), Self.ends(pair.server))
            for connection in connections where connection.group == group {
                fates[connection] = Fate(
                    client: clients[connection.clientIdentifier] ?? .open,
                    server: servers[connection.serverIdentifier] ?? .open)
            }
        }
        return fates
    }

    private static func ends(_ endpoint: Endpoint) -> [Int: End] {
        var ends: [Int: End] = [:]
        for event in endpoint.events {
            guard let id = event.id, ends[id] == nil else { continue }
            switch event.event {
            case "error": ends[id] = .failed(event.errno ?? "", at: event.at)
            case "end": ends[id] = .finished
            default: break
            }
        }
        return ends
    }

    // MARK: - Bytes

    /// The totals over all open ends so far.
    package struct Tally: Equatable, Sendable {
        /// The number of open ends: two for each live connection.
        package var openEnds = 0
        package var bytesReceived = 0
        /// The longest time since the last tally that an end with moving bytes has received nothing.
        package var longestSilenceMilliseconds = 0
    }

    package func tally() async throws(LabError) -> Tally {
        var sum = Tally()
        for (group, pair) in ends {
            for end in [pair.client, pair.server] where end.process.isRunning {
                let before = end.events("tally").count
                end.perform("tally")
                let answers = try await end.waitFor("tally", count: before + 1, within: Self.patience)
                guard let answer = answers.last else { continue }
                sum.openEnds += answer.count ?? 0
                sum.bytesReceived += answer.total ?? 0
                if group.isMoving {
                    sum.longestSilenceMilliseconds = max(
                        sum.longestSilenceMilliseconds, answer.silenceMilliseconds ?? 0)
                }
            }
        }
        return sum
    }

    /// Stops sending, waits for bytes in flight, and compares what each end has sent with what the other has received.
    ///
    /// - Returns: the total of bytes received, and one sentence for each connection that is wrong; empty if every byte
    ///   arrived.
    package func settle(within limit: Duration = .seconds(15)) async throws(LabError) -> (bytes: Int, wrong: [String]) {
        for pair in ends.values {
            pair.client.perform("rest")
            pair.server.perform("rest")
        }
        let deadline = ContinuousClock.now + Patience.scaled(limit)
        var (bytes, wrong) = try await compare()
        while !wrong.isEmpty, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(200))
            (bytes, wrong) = try await compare()
        }
        for pair in ends.values {
            for end in [pair.client, pair.server] {
                wrong += end.events("corrupt").map { "byte \($0.total ?? 0) of \(end.process.command) is wrong" }
            }
        }
        return (bytes, wrong)
    }

    private func compare() async throws(LabError) -> (bytes: Int, wrong: [String]) {
        var bytes = 0
        var wrong: [String] = []
        for (group, pair) in ends {
            let (clients, servers) = (try await Self.counts(pair.client), try await Self.counts(pair.server))
            for connection in connections where connection.group == group {
                let name = "\(group.zone.rawValue) \(group.version) port \(connection.clientPort)"
                guard let client = clients[connection.clientIdentifier],
                    let server = servers[connection.serverIdentifier]
                else {
                    wrong.append("\(name): no longer exists")
                    continue
                }
                bytes += client.received + server.received
                if client.sent != server.received || server.sent != client.received {
                    wrong.append(
                        "\(name): \(server.received) of \(client.sent) bytes arrived at the server, "
                            + "\(client.received) of \(server.sent) at the client")
                }
            }
        }
        return (bytes, wrong)
    }

    /// The bytes that each open connection of an end has sent and received.
    private static func counts(_ end: Endpoint) async throws(LabError) -> [Int: (sent: Int, received: Int)] {
        guard end.process.isRunning else { return [:] }
        // The tally is requested after the connections' info. When it arrives, all connections have answered.
        let (infos, tallies) = (end.events("info").count, end.events("tally").count)
        end.perform("info")
        end.perform("tally")
        try await end.waitFor("tally", count: tallies + 1, within: patience)
        var counts: [Int: (sent: Int, received: Int)] = [:]
        for event in end.events("info").dropFirst(infos) {
            guard let id = event.id else { continue }
            counts[id] = (event.sent ?? 0, event.total ?? 0)
        }
        return counts
    }

    /// Ends all processes, and thereby the connections.
    package func close() async {
        for pair in ends.values {
            await pair.client.process.terminate()
            await pair.server.process.terminate()
        }
    }
}
