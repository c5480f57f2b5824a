import Logging
import NIOCore
import SluiceResilience

/// Carries the server's end of a stream: answers hellos, and connects to the target.
final class ServerCarrier: StreamCarrier<ServerStream>, @unchecked Sendable {
    let id: StreamID
    /// The token that the client has, if it has no certificate.
    private let token: [UInt8]?
    private let whenForgotten: @Sendable (ServerCarrier) -> Void
    private var lostAt: ContinuousClock.Instant?
    private let began = ContinuousClock.now
    private var resumptions = 0
    private let whenOver: @Sendable (ServerCarrier) -> Void
    private var forgetting: Scheduled<Void>?
    private let promise: EventLoopPromise<StreamCause>

    init(
        _ machine: ServerStream, id: StreamID, token: [UInt8]?, limits: StreamLimits, memory: StreamMemory,
        eventLoop: any EventLoop,
        logger: Logger, whenOver: @escaping @Sendable (ServerCarrier) -> Void,
        whenForgotten: @escaping @Sendable (ServerCarrier) -> Void
    ) {
        self.id = id
        self.token = token
        promise = eventLoop.makePromise()
        self.whenOver = whenOver
        self.whenForgotten = whenForgotten
        var logger = logger
        logger[metadataKey: "stream"] = "\(id)"
        logger[metadataKey: "target"] = "\(machine.target)"
        logger[metadataKey: "client"] = "\(machine.identity)"
        super.init(machine, limits: limits, memory: memory, eventLoop: eventLoop, logger: logger)
    }

    /// Why the stream ended.
    var outcome: EventLoopFuture<StreamCause> { promise.futureResult }

    // MARK: The target

    func opened(_ channel: any Channel) {
        let application = SocketApplication(channel, owner: self)
        do {
            try channel.pipeline.syncOperations.addHandler(application)
            opened(application)
        } catch {
            // It was closed in the meantime.
            channel.close(promise: nil)
            failed(.targetUnreachable, error)
        }
    }

    func opened(_ application: any StreamApplication) {
        self.application = application
        if let (welcome, number) = machine.opened(now: now) { answer(welcome, on: number) }
        logger.info("stream began")
        advance()
    }

    /// The target can't be connected to, or may not be.
    func failed(_ status: StreamStatus, _ error: any Error) {
        let cause: StreamCause = status == .targetDenied ? .targetDenied : .targetUnreachable
        logger.error("stream refused", metadata: ["cause": "\(cause)", "why": "\(error)"])
        if let (_, number) = machine.failed(cause, now: now) {
            answer(Welcome(status: status), on: number)
        }
        ended(cause)
    }

    // MARK: Hello and welcome

    /// A hello on a connection, of a client that is who it says.
    func hello(_ hello: Hello, identity: String, on connection: StreamConnection) {
        let isProven =
            hello.kind == .new
            ? StreamProofs.areEqual(hello.secret, machine.secret)
            : StreamProofs.areEqual(
                hello.secret,
                StreamProofs.stream(
                    secret: machine.secret, id: id, epoch: hello.epoch, material: connection.material))
        connections[connection.number] = connection
        switch machine.hello(hello, identity: identity, isProven: isProven, on: connection.number, now: now) {
        case .wait(let replaced):
            replaced.flatMap { connections.removeValue(forKey: $0) }?.close()
        case .welcome(let welcome, let replaced):
            replaced.flatMap { connections.removeValue(forKey: $0) }?.close()
            if welcome.status == .ok {
                resumptions += 1
                logger.info(
                    "stream resumed",
                    metadata: lostAt.map { ["after": "\((now - $0).milliseconds) ms"] } ?? ["after": "0 ms"])
                lostAt = nil
            } else {
                logger.error("hello refused", metadata: ["status": "\(welcome.status)"])
            }
            answer(welcome, on: connection.number)
        }
        advance()
    }

    /// The first hello waits for the target on this connection.
    func begin(on connection: StreamConnection) { connections[connection.number] = connection }

    private func answer(_ given: Welcome, on number: Int) {
        guard let connection = connections[number] else { return }
        var welcome = given
        if let token { welcome.tokenProof = StreamProofs.server(token: token, material: connection.material) }
        connection.send(welcome)
        if welcome.status != .ok {
            connections[number] = nil
            connection.close()
        }
    }

    override func lost(_ connection: StreamConnection) {
        guard connections.removeValue(forKey: connection.number) != nil else { return }
        if machine.attachedConnection == connection.number {
            lostAt = now
            logger.debug(
                "connection lost", metadata: ["why": "\(connection.error.map { "\($0)" } ?? "it was closed")"])
        }
        machine.lost(connection.number, now: now)
        advance()
    }

    // MARK: Time and end

    private func perform(_ directives: [ServerStream.Directive]) {
        for directive in directives {
            switch directive {
            case .abandon(let number): connections.removeValue(forKey: number)?.close()
            case .end(let cause):
                report(cause)
                ended(cause)
            case .forget: whenForgotten(self)
            }
        }
    }

    private func report(_ cause: StreamCause) {
        let metadata: Logger.Metadata = [
            "cause": "\(cause)", "sent": "\(machine.end.sentByApplication)", "received": "\(machine.end.received)",
            "resumptions": "\(resumptions)", "seconds": "\((now - began).components.seconds)",
        ]
        if cause == .done {
            logger.info("stream ended", metadata: metadata)
        } else {
            logger.error("stream lost", metadata: metadata)
        }
    }

    /// Only the cause is kept.
    private func ended(_ cause: StreamCause) {
        finish(cause)
        promise.succeed(cause)
        whenOver(self)
        // The record of the end is kept for a while, for a client that does not know it yet.
        guard let deadline = machine.deadline else { return }
        forgetting = eventLoop.scheduleTask(in: TimeAmount(max(deadline - now, .zero))) { [self] in
            whenForgotten(self)
        }
    }

    override func timerFired() {
        if machine.attachedConnection != nil { lostAt = now }
        perform(machine.timer(now: now))
        if machine.attachedConnection != nil { lostAt = nil }
    }

    override func peerClosed(_ cause: StreamCause) {
        if cause == .done {
            // The answer, so that the client knows.
            pump()
        }
        closeNow(cause)
    }

    override func closeNow(_ cause: StreamCause) { perform(machine.close(cause, now: now)) }

    /// Ends the stream, and reports why to the client if there is a connection.
    func shutdown() {
        machine.end.close(.shutdown)
        pump()
        closeNow(.shutdown)
        forgetting?.cancel()
    }
}
