import Logging
import NIOCore
import NIOPosix
import NIOSSL
import SluiceResilience

/// Carries the client's end of a stream: opens connections, says hello, and reads the welcome.
final class ClientCarrier: StreamCarrier<ClientStream>, @unchecked Sendable {
    private let settings: StreamClient.Settings
    private let secret = StreamProofs.newSecret()
    private let promise: EventLoopPromise<StreamCause>
    /// What came before the welcome was complete.
    private var early = ByteBuffer()
    private var generator = SystemRandomNumberGenerator()
    /// When the connection was lost, and why, for the log.
    private var lostAt: (time: ContinuousClock.Instant, why: String)?
    private let began = ContinuousClock.now
    /// Called when the target is connected.
    var whenBegun: @Sendable () -> Void = {}
    private let whenOver: @Sendable (ClientCarrier) -> Void

    init(
        _ id: StreamID, target: String, settings: StreamClient.Settings, memory: StreamMemory,
        eventLoop: any EventLoop, logger: Logger, whenOver: @escaping @Sendable (ClientCarrier) -> Void
    ) {
        self.settings = settings
        self.whenOver = whenOver
        promise = eventLoop.makePromise()
        let options = settings.options
        var logger = logger
        logger[metadataKey: "stream"] = "\(id)"
        logger[metadataKey: "target"] = "\(target)"
        super.init(
            ClientStream(id: id, target: target, limits: options.limits, patience: options.patience, now: .now),
            limits: options.limits, memory: memory, eventLoop: eventLoop, logger: logger)
    }

    /// Why the stream ended.
    var outcome: EventLoopFuture<StreamCause> { promise.futureResult }

    func start(_ application: any StreamApplication) {
        self.application = application
        perform([.connect(1)])
        advance()
    }

    /// Ends the stream, and reports why to the server if there is a connection.
    func shutdown() {
        machine.end.close(.shutdown)
        pump()
        closeNow(.shutdown)
    }

    // MARK: Directives

    private func perform(_ directives: [ClientStream.Directive]) {
        for directive in directives {
            switch directive {
            case .connect(let number): connect(number)
            case .abandon(let number): connections.removeValue(forKey: number)?.close()
            case .end(let cause):
                report(cause)
                finish(cause)
                promise.succeed(cause)
                whenOver(self)
            }
        }
    }

    private func report(_ cause: StreamCause) {
        let metadata: Logger.Metadata = [
            "cause": "\(cause)", "sent": "\(machine.end.sentByApplication)", "received": "\(machine.end.received)",
            "resumptions": "\(machine.resumptions)", "seconds": "\((now - began).components.seconds)",
        ]
        if cause == .done {
            logger.info("stream ended", metadata: metadata)
        } else {
            let why: Logger.Metadata = lostAt.map { ["why": "\($0.why)"] } ?? [:]
            logger.error("stream lost", metadata: metadata.merging(why) { old, _ in old })
        }
    }

    private func connect(_ number: Int) {
        let exporter = TLSExporter()
        let settings = settings
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(limits.handshake))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 512 << 10))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = StreamConnection(number: number, channel: channel, exporter: exporter, owner: self)
                    connections[number] = connection
                    try channel.pipeline.syncOperations.addHandlers(
                        StreamTLS.handler(settings.credentials, host: settings.host, exporter: exporter), connection)
                }
            }
        bootstrap.connect(host: settings.host, port: settings.port).whenFailure { [self] error in
            guard connections.removeValue(forKey: number) != nil || !isOver else { return }
            lost(number, error)
        }
    }

    // MARK: Connections

    override func secured(_ connection: StreamConnection) {
        guard connection.applicationProtocol == StreamTLS.applicationProtocol, !connection.material.isEmpty else {
            logger.error("server refused", metadata: ["why": "it does not speak \(StreamTLS.applicationProtocol)"])
            connections.removeValue(forKey: connection.number)?.close()
            perform(machine.lost(connection.number, .refused(.protocolError), now: now, using: &generator))
            return advance()
        }
        guard var hello = machine.connected(connection.number, now: now) else {
            connections.removeValue(forKey: connection.number)?.close()
            return
        }
        // The one that it replaces.
        for (number, other) in connections where number != connection.number {
            connections[number] = nil
            other.close()
        }
        early.clear()
        hello.secret =
            hello.kind == .new
            ? secret
            : StreamProofs.stream(secret: secret, id: hello.id, epoch: hello.epoch, material: connection.material)
        if let token = settings.credentials.token {
            hello.tokenProof = StreamProofs.client(token: token, material: connection.material)
        }
        var sink = BufferSink(buffer: ByteBuffer())
        hello.encode(into: &sink)
        connection.channel.writeAndFlush(sink.buffer, promise: nil)
        advance()
    }

    override func receivedEarly(_ bytes: ByteBuffer, on connection: StreamConnection) {
        guard connections[connection.number] === connection else { return }
        early.writeImmutableBuffer(bytes)
        do throws(StreamCause) {
            guard
                let welcome = try early.withUnsafeReadableBytes({ (input) throws(StreamCause) in
                    try Welcome.decode(input)
                })
            else { return }
            early.moveReaderIndex(forwardBy: Welcome.bytes)
            let rest = early
            early = ByteBuffer()
            received(welcome, on: connection)
            // All input first: NIOSSL delivers the next record during a write.
            if rest.readableBytes > 0, machine.attachedConnection == connection.number { receivedFrames(rest) }
            advance()
        } catch {
            connections.removeValue(forKey: connection.number)?.close()
            lost(connection.number, error)
        }
    }

    private func received(_ welcome: Welcome, on connection: StreamConnection) {
        if let token = settings.credentials.token {
            let expected = StreamProofs.server(token: token, material: connection.material)
            guard StreamProofs.areEqual(welcome.tokenProof, expected) else {
                lostAt = (now, "the server refuses the token, or does not have it")
                connections.removeValue(forKey: connection.number)?.close()
                return perform(
                    machine.lost(connection.number, .refused(.notAuthenticated), now: now, using: &generator))
            }
        }
        perform(machine.welcome(welcome, on: connection.number, now: now, using: &generator))
        guard machine.attachedConnection == connection.number else { return }
        if let lostAt, machine.resumptions > 0 {
            logger.info(
                "stream resumed",
                metadata: ["after": "\((now - lostAt.time).milliseconds) ms", "why": "\(lostAt.why)"])
        } else if machine.resumptions == 0 {
            whenBegun()
            logger.info("stream began", metadata: ["after": "\((now - began).milliseconds) ms"])
        }
        lostAt = nil
    }

    override func lost(_ connection: StreamConnection) {
        guard connections.removeValue(forKey: connection.number) != nil else { return }
        lost(connection.number, connection.error)
    }

    private func lost(_ number: Int, _ error: (any Error)?) {
        let why = error.map { String(describing: $0) } ?? "the connection was closed"
        if lostAt == nil { lostAt = (now, why) }
        let isRefusal = error.map(StreamTLS.isRefusal) ?? false
        logger.debug("connection lost", metadata: ["number": "\(number)", "why": "\(why)"])
        perform(machine.lost(number, isRefusal ? .refused(.notAuthenticated) : .broken, now: now, using: &generator))
        advance()
    }

    // MARK: Time and end

    override func timerFired() {
        let attached = machine.attachedConnection
        let directives = machine.timer(now: now, using: &generator)
        if let attached, machine.attachedConnection == nil, lostAt == nil {
            lostAt = (now, "the server is silent")
            logger.debug("connection lost", metadata: ["number": "\(attached)", "why": "the server is silent"])
        }
        perform(directives)
    }

    override func peerClosed(_ cause: StreamCause) { closeNow(cause) }

    override func closeNow(_ cause: StreamCause) { perform(machine.close(cause)) }
}

extension Duration {
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
