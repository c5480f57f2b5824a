import Fleet
import NIOCore
import NIOPosix

/// One proxy: its listening socket, its connections, its toxics, and the disruption that goes on.
///
/// Confined to the relay's event loop.
final class RelayProxy: @unchecked Sendable {
    unowned let relay: Relay
    private(set) var description: ProxyDescription
    private(set) var toxics: [Toxic] = []
    private var listener: (any Channel)?
    private(set) var connections: [Int: RelayedConnection] = [:]
    private var disruption: (toxic: Int, run: Disruption)?
    private var timer: Scheduled<Void>?
    /// Bytes of connections that are gone, by direction of the stream.
    private var counted: (upstream: Int, downstream: Int) = (0, 0)

    init(_ description: ProxyDescription, relay: Relay) {
        self.description = description
        self.relay = relay
        self.description.enabled = false
    }

    var state: ProxyState {
        ProxyState(
            description: description,
            toxics: StreamDirection.allCases.flatMap { direction in toxics.filter { $0.direction == direction } })
    }

    var bytesUpstream: Int { connections.values.reduce(counted.upstream) { $0 + $1.bytesUpstream } }
    var bytesDownstream: Int { connections.values.reduce(counted.downstream) { $0 + $1.bytesDownstream } }

    // MARK: - Listening

    func start() throws(RelayProblem) {
        guard !description.enabled else { return }
        let (descriptor, text) = try relay.listeners.open(description.listen)
        if description.profile.idleRule(now: 0)?.ending == .silent {
            relay.sayWhatCannotBeShown("the profile of proxy '\(description.name)'")
        }
        description.listen = text
        description.enabled = true
        ServerBootstrap(group: relay.loop)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: relay.waterMark)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel) }
            }
            .withBoundSocket(descriptor)
            .whenComplete { [self] result in
                switch result {
                case .success(let channel):
                    // It was stopped meanwhile.
                    if description.enabled, listener == nil, description.listen == text {
                        listener = channel
                    } else {
                        channel.close(promise: nil)
                    }
                case .failure(let error):
                    relay.log("proxy '\(description.name)': can't listen on \(text): \(error)")
                }
            }
    }

    /// Closes the listening socket and every connection.
    func stop() {
        description.enabled = false
        listener?.close(promise: nil)
        listener = nil
        for connection in connections.values { connection.close(cause: "the proxy was stopped") }
    }

    /// - Throws: if it can't listen on the new address; it is disabled then.
    func change(to description: ProxyDescription) throws(RelayProblem) {
        let listen = try ListenAddress.resolve(description.listen).text
        let differs = listen != self.description.listen || description.upstream != self.description.upstream
        let profileChanged = description.profile != self.description.profile
        if differs, self.description.enabled { stop() }
        self.description.listen = differs ? description.listen : self.description.listen
        self.description.upstream = description.upstream
        self.description.profile = description.profile
        if description.enabled != self.description.enabled {
            if description.enabled { try start() } else { stop() }
        }
        if profileChanged { applyToxics() }
    }

    // MARK: - Connections

    private func accept(_ channel: any Channel) throws {
        let number = relay.nextConnectionNumber()
        let hash = relay.generator.next()
        var refusal: Refusal?
        var home: InstanceIdentifier?
        if relay.connectionCount >= relay.limits.connections {
            refusal = .reset
            relay.refusedByLimit += 1
            relay.log(
                "the limit of \(relay.limits.connections) connections is reached: a new one to '\(description.name)' is reset",
                once: "connections")
            relay.publish(
                RelayEvent(
                    kind: .refused, proxy: description.name, cause: "limit of \(relay.limits.connections) connections"))
        } else if let disruption {
            switch disruption.run.admission(hash: hash) {
            case .taken(let instance): home = instance
            case .refused(let how):
                refusal = how
                relay.publish(
                    RelayEvent(
                        kind: .refused, proxy: description.name,
                        cause: "\(toxicName(disruption.toxic)): \(how.rawValue)"))
            }
        }
        let connection = RelayedConnection(
            number: number, hash: hash, client: channel, proxy: self, refusal: refusal, now: relay.now)
        connection.home = home
        connections[number] = connection
        relay.connectionCount += 1
        try channel.pipeline.syncOperations.addHandler(EndHandler(connection, .client))
    }

    func connectUpstream(_ connection: RelayedConnection) {
        let upstream = description.upstream
        guard let (host, port) = try? ListenAddress.split(upstream) else {
            upstreamFailed(connection, why: "'\(upstream)' is not host:port")
            return
        }
        ClientBootstrap(group: relay.loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: relay.waterMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EndHandler(connection, .upstream))
                }
            }
            .connect(host: host.isEmpty ? "localhost" : host, port: Int(port))
            .whenComplete { [self] result in
                switch result {
                // Nothing listens there, and TCP has connected the channel to itself: its source port is the same.
                case .success(let channel) where channel.localAddress == channel.remoteAddress:
                    upstreamFailed(connection, why: "connection refused (it was connected to itself)")
                    channel.close(promise: nil)
                case .success(let channel): connection.connected(channel)
                case .failure(let error): upstreamFailed(connection, why: "\(error)")
                }
            }
    }

    private func upstreamFailed(_ connection: RelayedConnection, why: String) {
        relay.log("proxy '\(description.name)': no connection to \(description.upstream): \(why)")
        report(.upstreamFailed, connection, cause: why)
        connection.upstreamFailed()
    }

    func opened(_ connection: RelayedConnection) { report(.opened, connection, cause: "") }

    func ended(_ connection: RelayedConnection, cause: String) { report(.closed, connection, cause: cause) }

    func gone(_ connection: RelayedConnection) {
        guard connections.removeValue(forKey: connection.number) != nil else { return }
        counted.upstream += connection.bytesUpstream
        counted.downstream += connection.bytesDownstream
        relay.connectionCount -= 1
    }

    func report(_ kind: RelayEvent.Kind, _ connection: RelayedConnection, cause: String) {
        let now = relay.now
        relay.publish(
            RelayEvent(
                kind: kind, proxy: description.name, connection: connection.number, cause: cause, time: now,
                ageNanoseconds: now - connection.session.openedAt,
                idleNanoseconds: now - connection.session.lastActivity,
                bytesUpstream: connection.bytesUpstream, bytesDownstream: connection.bytesDownstream,
                client: connection.client))
    }

    // MARK: - Toxics

    /// - Returns: how many connections are there.
    func add(_ toxic: Toxic) throws(RelayProblem) -> Int {
        guard toxics.count < relay.limits.toxics else { throw .tooMany("toxics", limit: relay.limits.toxics) }
        if toxic.mayBeSilent { relay.sayWhatCannotBeShown("toxic '\(toxic.name)' of proxy '\(description.name)'") }
        let affected = connections.count
        if toxic.kind == .resetNow {
            for connection in connections.values { connection.reset(cause: toxic.name) }
            return affected
        }
        if let run = Disruption(toxic, drain: description.profile.drain, now: relay.now) {
            if let disruption {
                throw RelayProblem(
                    "toxic '\(toxicName(disruption.toxic))' of this proxy is not over: remove it, or wait", status: 409)
            }
            toxics.append(toxic)
            begin(run, toxic)
        } else {
            toxics.append(toxic)
            applyToxics()
        }
        return affected
    }

    func change(_ toxic: Toxic) throws(RelayProblem) {
        guard let index = toxics.firstIndex(where: { $0.number == toxic.number }) else { throw .toxicNotFound }
        toxics[index] = toxic
        if disruption?.toxic == toxic.number,
            let run = Disruption(toxic, drain: description.profile.drain, now: relay.now)
        {
            begin(run, toxic)
        }
        applyToxics()
    }

    func remove(_ number: Int) {
        toxics.removeAll { $0.number == number }
        if disruption?.toxic == number { endDisruption() }
        applyToxics()
    }

    func removeToxics() {
        for toxic in toxics { remove(toxic.number) }
    }

    private func applyToxics() {
        for connection in connections.values { connection.applyToxics() }
    }

    private func toxicName(_ number: Int) -> String { toxics.first { $0.number == number }?.name ?? "disruption" }

    // MARK: - Disruptions

    private func begin(_ run: Disruption, _ toxic: Toxic) {
        disruption = (toxic.number, run)
        for connection in connections.values {
            if case .taken(let home) = run.admission(hash: connection.hash) { connection.home = home }
        }
        relay.publish(RelayEvent(kind: .disruption, proxy: description.name, cause: "\(toxic.name) begins"))
        advanceDisruption()
    }

    private func endDisruption() {
        timer?.cancel()
        timer = nil
        disruption = nil
        for connection in connections.values { connection.home = nil }
    }

    private func advanceDisruption() {
        timer?.cancel()
        timer = nil
        guard let number = disruption?.toxic else { return }
        let name = toxicName(number)
        let homes = connections.values.filter { !$0.isSilent }.reduce(into: [InstanceIdentifier: Int]()) {
            counts, connection in
            if let home = connection.home { counts[home, default: 0] += 1 }
        }
        let total = connections.values.count { !$0.isSilent }
        let effects =
            disruption?.run.advance(now: relay.now) { home in home.map { homes[$0] ?? 0 } ?? total } ?? []
        for effect in effects {
            switch effect {
            case .record(let text):
                relay.publish(RelayEvent(kind: .disruption, proxy: description.name, cause: "\(name): \(text)"))
            case .reset(let home, let within): reset(home: home, within: within, toxic: number, name: name)
            case .silence(let home):
                for connection in connections.values where home == nil || connection.home == home {
                    connection.silence(cause: name)
                }
            case .over:
                relay.publish(RelayEvent(kind: .drained, proxy: description.name, cause: "\(name) is over"))
                remove(number)
                return
            }
        }
        guard let next = disruption?.run.nextTimer else { return }
        timer = relay.loop.scheduleTask(deadline: .uptimeNanoseconds(max(next, relay.now))) { [self] in
            timer = nil
            advanceDisruption()
        }
    }

    /// Resets connections one after the other, evenly spread.
    private func reset(home: InstanceIdentifier?, within: UInt64, toxic: Int, name: String) {
        let numbers = connections.values.filter { (home == nil || $0.home == home) && !$0.isSilent }.map(\.number)
            .sorted()
        let pause = numbers.isEmpty ? 0 : within / UInt64(numbers.count)
        for (index, number) in numbers.enumerated() {
            relay.loop.scheduleTask(in: .nanoseconds(Int64(pause) * Int64(index))) { [self] in
                guard disruption?.toxic == toxic else { return }
                connections[number]?.reset(cause: name)
            }
        }
    }
}
