import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import SluiceResilience
import SluiceResilienceNIO
import Synchronization
import Testing

/// With real sockets on loopback.
@Suite("Reconnecting channel", .timeLimit(.minutes(1)))
struct ReconnectingChannelTests {
    private typealias Reconnecting = ReconnectingChannel<any Channel>

    private func channel(
        to server: LoopbackServer, on eventLoop: (any EventLoop)? = nil, limits: SharedHostLimits = SharedHostLimits(),
        settings: ReconnectSettings = ReconnectSettings(), readsAutomatically: Bool = true,
        initializer: (@Sendable (any Channel) -> EventLoopFuture<any Channel>)? = nil
    ) -> Reconnecting {
        ReconnectingChannel(
            host: "127.0.0.1", port: server.port, on: eventLoop ?? MultiThreadedEventLoopGroup.singleton.next(),
            limits: limits, settings: settings,
            bootstrap: {
                ClientBootstrap(group: $0).channelOption(.autoRead, value: readsAutomatically)
            },
            initializer: initializer ?? { $0.eventLoop.makeSucceededFuture($0) })
    }

    @Test("RESUME-1 a reset is reported as one, and the next connection comes", arguments: [true, false])
    func reset(readsAutomatically: Bool) async throws {
        let server = try LoopbackServer()
        let listener = try await server.listen()
        let client = channel(to: server, readsAutomatically: readsAutomatically)
        var events = client.events.makeAsyncIterator()
        var accepted = server.accepted.makeAsyncIterator()

        try #require(await events.next()?.attempt == 1)
        try await #require(await accepted.next()).reset()
        let end = try #require(await events.next()?.end)
        #expect(end.attempt == 1 && end.cause == .lost(.reset))
        #expect(end.age > .zero && end.idle > .zero && end.idle <= end.age + .seconds(1))
        #expect(await events.next()?.attempt == 2)

        try await #require(await accepted.next()).close()
        #expect(await events.next()?.end?.cause == .lost(.closed))
        #expect(await events.next()?.attempt == 3)
        await client.close()
        #expect(await events.next() == nil)
        try await listener.close()
    }

    @Test("RESUME-1 a write that is the first to meet a reset reports the reset, too")
    func resetMetByWrite() async throws {
        let server = try LoopbackServer()
        let listener = try await server.listen()
        // A thread of its own, which the test blocks.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = channel(to: server, on: group.next())
        var events = client.events.makeAsyncIterator()
        var accepted = server.accepted.makeAsyncIterator()
        guard case .connected(_, let connection)? = await events.next() else {
            Issue.record("no connection")
            return
        }
        let isReset = Flag()
        let written = connection.eventLoop.submit {
            while !isReset.value.load(ordering: .acquiring) { usleep(1_000) }
            connection.writeAndFlush(ByteBuffer(string: "x"), promise: nil)
        }
        try await #require(await accepted.next()).reset()
        isReset.value.store(true, ordering: .releasing)
        try await written.get()
        #expect(await events.next()?.end?.cause == .lost(.reset))
        await client.close()
        try await listener.close()
        try await group.shutdownGracefully()
    }

    @Test("RESUME-1 refused until the server comes back")
    func refused() async throws {
        let server = try LoopbackServer()
        let limits = SharedHostLimits()
        let client = channel(to: server, limits: limits)
        var events = client.events.makeAsyncIterator()
        // Two retries, while the port refuses.
        while limits.current.budget.tokens > 490 { try await Task.sleep(for: .milliseconds(5)) }
        let listener = try await server.listen()
        #expect((await events.next()?.attempt ?? 0) >= 3)
        // What the retry that succeeded took came back.
        #expect(limits.current.budget.tokens < 500)
        await client.close()
        try await listener.close()
    }

    @Test("RESUME-1 channels to one host share its breaker")
    func sharedBreaker() async throws {
        let server = try LoopbackServer()
        let limits = SharedHostLimits(HostLimits(breaker: CircuitBreaker(leastCalls: 3, openTime: .seconds(200))))
        let clients = (0..<5).map { _ in channel(to: server, limits: limits) }
        while limits.current.breaker.state == .closed { try await Task.sleep(for: .milliseconds(5)) }
        let listener = try await server.listen()
        // The host answers, but nobody asks it: the breaker is open for 200 s.
        try await Task.sleep(for: .milliseconds(300))
        for client in clients { await client.close() }
        for client in clients {
            var events = client.events.makeAsyncIterator()
            #expect(await events.next() == nil)
        }
        try await listener.close()
    }

    @Test("RESUME-1 a planned reconnect makes the new connection before it breaks the old one")
    func planned() async throws {
        let server = try LoopbackServer()
        let listener = try await server.listen()
        var settings = ReconnectSettings()
        settings.plannedReconnect = .milliseconds(100)
        settings.handOverTime = .milliseconds(10)
        let client = channel(to: server, settings: settings)
        var ends: [Int: Disconnection] = [:]
        var connections = 0
        var events = client.events.makeAsyncIterator()
        while ends.count < 3, let event = await events.next() {
            switch event {
            case .connected(let attempt, _):
                connections += 1
                #expect(attempt == connections && ends[attempt - 1] == nil)
            case .disconnected(let end):
                #expect(connections > end.attempt, "the next one was there first")
                #expect(end.cause == .replaced && end.age >= .milliseconds(80))
                ends[end.attempt] = end
            case .gaveUp(let reason):
                Issue.record("gave up: \(reason)")
            }
        }
        #expect(ends.count == 3)
        await client.close()
        try await listener.close()
    }

    @Test(
        "RESUME-1 TLS: a certificate that is not trusted, or has another name, is not retried",
        arguments: [("IP:127.0.0.1", false), ("DNS:other.example.com", true)])
    func certificate(name: String, isTrusted: Bool) async throws {
        let certificates = try await Certificates(for: name)
        let server = try LoopbackServer()
        let listener = try await server.listen(tls: certificates.server())
        var settings = ReconnectSettings()
        settings.tls = ClientTLS(
            context: try certificates.client(trusts: isTrusted), serverName: isTrusted ? "db.example.com" : nil)
        let client = channel(to: server, settings: settings)
        var events = client.events.makeAsyncIterator()
        let event = await events.next()
        #expect(event?.reason == .notRetryable(.certificate), "\(String(describing: event))")
        #expect(await events.next() == nil)
        try await listener.close()
    }

    @Test("RESUME-1 TLS: a server that demands our certificate is not asked again")
    func certificateDemanded() async throws {
        let certificates = try await Certificates()
        let server = try LoopbackServer()
        let listener = try await server.listen(tls: certificates.server(demands: true))
        var settings = ReconnectSettings()
        settings.tls = ClientTLS(context: try certificates.client(trusts: true))
        let client = channel(to: server, settings: settings)
        // With TLS 1.3 the client's handshake ends before the server has looked at its certificate.
        var reason: GiveUpReason?
        for await event in client.events { reason = event.reason ?? reason }
        #expect(reason == .notRetryable(.certificate))
        try await listener.close()
    }

    @Test("RESUME-1 TLS: connected means after the handshake, and a reset is a reset")
    func trusted() async throws {
        let certificates = try await Certificates()
        let server = try LoopbackServer()
        let listener = try await server.listen(tls: certificates.server())
        var settings = ReconnectSettings()
        settings.tls = ClientTLS(context: try certificates.client(trusts: true))
        let (echoes, continuation) = AsyncStream<String>.makeStream()
        let client = channel(to: server, settings: settings) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                return channel
            }
        }
        var events = client.events.makeAsyncIterator()
        var accepted = server.accepted.makeAsyncIterator()
        var echo = echoes.makeAsyncIterator()
        for attempt in 1...2 {
            guard case .connected(attempt, let connection)? = await events.next() else {
                Issue.record("no connection \(attempt)")
                return
            }
            connection.writeAndFlush(ByteBuffer(string: "hello \(attempt)"), promise: nil)
            #expect(await echo.next() == "hello \(attempt)")
            try await #require(await accepted.next()).reset()
            #expect(await events.next()?.end?.cause == .lost(.reset))
        }
        await client.close()
        try await listener.close()
    }

    @Test("RESUME-1 TLS: a server that does not answer the handshake is given up, and asked again")
    func muteServer() async throws {
        let certificates = try await Certificates()
        let server = try LoopbackServer(echoes: false)
        let listener = try await server.listen()
        var settings = ReconnectSettings()
        settings.tls = ClientTLS(context: try certificates.client(trusts: true))
        settings.connectTimeout = .milliseconds(100)
        let limits = SharedHostLimits()
        let client = channel(to: server, limits: limits, settings: settings)
        var accepted = 0
        for await connection in server.accepted {
            while connection.isActive { try await Task.sleep(for: .milliseconds(5)) }
            accepted += 1
            if accepted == 3 { break }
        }
        // Retries after a timeout take 10 tokens.
        #expect(limits.current.budget.tokens <= 480)
        await client.close()
        try await listener.close()
    }

    @Test("RESUME-1 TLS: a server that does not speak TLS is not asked again")
    func noTLS() async throws {
        let certificates = try await Certificates()
        let server = try LoopbackServer()
        let listener = try await server.listen()
        var settings = ReconnectSettings()
        settings.tls = ClientTLS(context: try certificates.client(trusts: true))
        let client = channel(to: server, settings: settings)
        var events = client.events.makeAsyncIterator()
        #expect(await events.next()?.reason == .notRetryable(.protocolMismatch))
        try await listener.close()
    }

    @Test("RESUME-1 an application's own class comes before ours")
    func classified() async throws {
        let server = try LoopbackServer()
        let listener = try await server.listen()
        var settings = ReconnectSettings()
        settings.classify = { ($0 as? IOError)?.errnoCode == ECONNRESET ? .authentication : nil }
        let client = channel(to: server, settings: settings)
        var events = client.events.makeAsyncIterator()
        var accepted = server.accepted.makeAsyncIterator()
        _ = await events.next()
        try await #require(await accepted.next()).reset()
        #expect(await events.next()?.end?.cause == .lost(.authentication))
        #expect(await events.next()?.reason == .notRetryable(.authentication))
        try await listener.close()
    }

    @Test("RESUME-1 errors of SwiftNIO and NIOSSL are classified")
    func errors() async throws {
        let table: [(any Error, FailureClass)] = [
            (IOError(errnoCode: ECONNRESET, reason: ""), .reset), (IOError(errnoCode: EACCES, reason: ""), .permission),
            (ChannelError.connectTimeout(.seconds(1)), .timedOut), (ChannelError.eof, .closed),
            (ChannelError.ioOnClosedChannel, .closed), (ChannelError.operationUnsupported, .invalidArgument),
            (NIOSSLError.uncleanShutdown, .closed),
            (NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), .closed),
            (NIOSSLError.unableToValidateCertificate, .certificate),
            (NIOSSLExtraError.failedToValidateHostname, .certificate),
            (NIOSSLError.failedToLoadCertificate, .invalidArgument),
            (NIOSSLError.readInInvalidTLSState, .protocolMismatch),
            (CancellationError(), .unknown),
        ]
        for (error, expected) in table { #expect(FailureClass(error) == expected, "\(error)") }
        // A name with several addresses, all of which refuse.
        let server = try LoopbackServer()
        let attempt = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "localhost", port: server.port)
        await #expect { try await attempt.get() } throws: { FailureClass($0) == .refused }
    }

    @Test("RESUME-1 keep-alive is 30/10/3, and TCP_USER_TIMEOUT 60 s")
    func keepAlive() async throws {
        let server = try LoopbackServer()
        let listener = try await server.listen()
        let client = channel(to: server)
        var events = client.events.makeAsyncIterator()
        guard case .connected(_, let connection)? = await events.next() else {
            Issue.record("no connection")
            return
        }
        #expect(try await connection.getOption(.socketOption(.so_keepalive)).get() == 1)
        for (option, value) in [(TCP_KEEPIDLE, 30), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3), (TCP_USER_TIMEOUT, 60_000)] {
            #expect(try await connection.getOption(.tcpOption(.init(rawValue: option))).get() == value)
        }
        await client.close()
        try await listener.close()
    }

    @Test("RESUME-1 what the application closes is reported so; closing, or releasing, the channel ends it")
    func ending() async throws {
        let server = try LoopbackServer()
        let listener = try await server.listen()
        var client: Reconnecting? = channel(to: server)
        var events = client?.events.makeAsyncIterator()
        guard case .connected(1, let connection)? = await events?.next() else {
            Issue.record("no connection")
            return
        }
        connection.close(promise: nil)
        #expect(await events?.next()?.end?.cause == .closedHere)
        guard case .connected(2, let second)? = await events?.next() else {
            Issue.record("no second connection")
            return
        }
        client = nil
        #expect(second.isActive, "its reader keeps it")
        events = nil
        while second.isActive { try await Task.sleep(for: .milliseconds(5)) }
        try await listener.close()
    }
}

extension ReconnectEvent {
    fileprivate var attempt: Int? {
        if case .connected(let attempt, _) = self { attempt } else { nil }
    }

    fileprivate var end: Disconnection? {
        if case .disconnected(let end) = self { end } else { nil }
    }

    fileprivate var reason: GiveUpReason? {
        if case .gaveUp(let reason) = self { reason } else { nil }
    }
}

/// Hands what comes in to the test.
private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let continuation: AsyncStream<String>.Continuation

    init(_ continuation: AsyncStream<String>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(String(buffer: unwrapInboundIn(data)))
    }
}

private final class Flag: Sendable {
    let value = Atomic(false)
}
