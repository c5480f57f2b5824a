/// Many long-running TCP sessions at once, opened by the client's host: north-south and east-west, over IPv4 and IPv6, some with
/// bytes moving both ways all the time, the others quiet but for TCP keep-alives.
///
/// One process stands at each end of a group of connections. Both ends know the bytes that must come, so a byte lost, repeated or
/// changed on the way is noticed.
package final class LongSessions: Sendable {
    /// How many there are of each kind, and what they do.
    package struct Load: Sendable {
        /// Connections with bytes moving, for each of the four pairs of zone and IP version.
        package var moving: Int
        /// Quiet ones, for each of the four pairs.
        package var quiet: Int
        /// Between two writes of each end of a moving one.
        package var secondsBetweenWrites = 0.1
        package var bytesPerWrite = 500
        /// Of idleness, until keep-alives begin. An end that three of them get no answer for, a second apart, gives up.
        package var keepAliveSeconds = 2

        package init(moving: Int, quiet: Int) {
            self.moving = moving
            self.quiet = quiet
        }
    }

    /// What a connection has in common with others.
    package struct Group: Hashable, Sendable {
        package let zone: LabZone
        package let version: IPVersion
        /// Whether bytes move all the time.
        package let isMoving: Bool
        /// The server's.
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
    /// Ports that the servers of one set take, beginning with its first.
    package static let ports = 8

    private let ends: [Group: Ends]

    private init(connections: [Connection], ends: [Group: Ends]) {
        self.connections = connections
        self.ends = ends
    }

    /// Opens them all, and comes back when both ends of each are connected.
    package static func open(in lab: Lab, _ load: Load, firstPort: Int) async throws(LabError) -> LongSessions {
        let groups = groups(load, firstPort: firstPort).filter { $0.count > 0 }
        // All at once, since processes take a while to start.
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

    // MARK: - What has become of them

    /// What one end of a connection has met.
    package enum End: Equatable, Sendable {
        case open
        /// Its error, as `ECONNRESET`, and when, in seconds since 1970.
        case failed(String, at: Double)
        /// The other end's FIN.
        case finished

        /// What it has met, for people.
        package var text: String {
            switch self {
            case .open: "nothing"
            case .failed(let name, _): name
            case .finished: "a FIN"
            }
        }

        /// When its error came, where it has met this one.
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

    /// What has become of each until now.
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

    /// What has moved so far at all open ends together.
    package struct Tally: Equatable, Sendable {
        /// Ends that are open: two for each connection that lives.
        package var openEnds = 0
        package var bytesReceived = 0
        /// The longest time since the last tally that an end with moving bytes has received none.
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

    /// Sends no more, waits for what is on its way, and compares what each end has sent with what the other has received.
    ///
    /// - Returns: the bytes that have arrived in all, and what is wrong, a sentence for each connection; none: every byte is there.
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
                    wrong.append("\(name): is no more")
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

    /// What each open connection of an end has sent and received.
    private static func counts(_ end: Endpoint) async throws(LabError) -> [Int: (sent: Int, received: Int)] {
        guard end.process.isRunning else { return [:] }
        // All connections have answered when the tally that is asked for after them has come.
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

    /// Ends all processes, and with them the connections.
    package func close() async {
        for pair in ends.values {
            await pair.client.process.terminate()
            await pair.server.process.terminate()
        }
    }
}
