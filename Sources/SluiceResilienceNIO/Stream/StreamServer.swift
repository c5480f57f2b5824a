public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
import SluiceResilience
import Synchronization

/// A server of resumable streams: connects to targets for clients that may lose their connections.
public final class StreamServer: Sendable {
    /// Opens the target of a stream on an event loop. A ``StreamRefusal`` says which status the client gets; any other
    /// error is ``StreamStatus/targetUnreachable``. `identity` is `token NAME` or `certificate HASH`.
    public typealias Connect =
        @Sendable (_ target: String, _ identity: String, _ eventLoop: any EventLoop) -> EventLoopFuture<any Channel>

    /// Serves a stream in this process. A stream that it leaves open goes on.
    public typealias Serve =
        @Sendable (_ stream: ResumableStream, _ target: String, _ identity: String) async -> Void

    private enum Destination {
        case channels(Connect)
        case program(Serve)
    }

    let credentials: ServerCredentials
    let options: StreamServerOptions
    private let group: any EventLoopGroup
    let logger: Logger
    private let destination: Destination
    private let memory: StreamMemory
    private let records = Mutex(Records())
    private let handshakes = Atomic<Int>(0)
    private let lastNumber = Atomic<Int>(0)

    private struct Records {
        var carriers: [StreamID: ServerCarrier] = [:]
        /// Streams that have ended, and whose cause is kept, in their order.
        var ended: [StreamID] = []
        var isShutDown = false

        /// Streams that have not ended.
        var living: Int { carriers.count - ended.count }
    }

    /// A server. It listens by ``listen(host:port:)``.
    ///
    /// - Parameter connect: Opens targets. Its channels have `autoRead` off and `allowRemoteHalfClosure` on.
    public convenience init(
        credentials: ServerCredentials, options: StreamServerOptions = StreamServerOptions(),
        group: any EventLoopGroup, logger: Logger, connect: @escaping Connect
    ) {
        self.init(credentials, options, group, logger, .channels(connect))
    }

    /// A server that is the application itself.
    public convenience init(
        credentials: ServerCredentials, options: StreamServerOptions = StreamServerOptions(),
        group: any EventLoopGroup, logger: Logger, serve: @escaping Serve
    ) {
        self.init(credentials, options, group, logger, .program(serve))
    }

    private init(
        _ credentials: ServerCredentials, _ options: StreamServerOptions, _ group: any EventLoopGroup,
        _ logger: Logger, _ destination: Destination
    ) {
        self.credentials = credentials
        self.options = options
        self.group = group
        self.logger = logger
        self.destination = destination
        memory = StreamMemory(maximumBytes: options.maximumBytes)
    }

    /// Streams that have not ended, and bytes that they keep to send again.
    public var counts: (streams: Int, keptBytes: Int) {
        (records.withLock { $0.living }, memory.bytes)
    }

    /// Accepts connections.
    ///
    /// - Returns: The listening channel.
    public func listen(host: String, port: Int) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 512 << 10))
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel) }
            }
            .bind(host: host, port: port).get()
    }

    private func accept(_ channel: any Channel) throws {
        guard handshakes.load(ordering: .relaxed) < options.maximumHandshakes else {
            logger.warning(
                "connection refused", metadata: ["why": "\(options.maximumHandshakes) are before their hello"])
            channel.close(promise: nil)
            return
        }
        let exporter = TLSExporter()
        let greeter = StreamGreeter(channel.eventLoop, server: self)
        let connection = StreamConnection(
            number: lastNumber.wrappingAdd(1, ordering: .relaxed).newValue, channel: channel, exporter: exporter,
            owner: greeter)
        try channel.pipeline.syncOperations.addHandlers(
            StreamTLS.handler(credentials, exporter: exporter), connection)
        handshakes.wrappingAdd(1, ordering: .relaxed)
        greeter.expect(connection, within: options.limits.handshake) { [self] in
            handshakes.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    /// Finds or begins the stream of a hello, whose client is who it says.
    ///
    /// - Returns: Nil if the connection has an owner now; else the refusal.
    func greet(
        _ hello: Hello, identity: String, token: [UInt8]?, on connection: StreamConnection
    ) -> Welcome? {
        let eventLoop = connection.channel.eventLoop
        let found: (carrier: ServerCarrier, isNew: Bool)? = records.withLock { records in
            if let carrier = records.carriers[hello.id] { return (carrier, false) }
            guard hello.kind == .new, !records.isShutDown, records.living < options.maximumStreams, !memory.isFull
            else { return nil }
            let carrier = makeCarrier(hello, identity: identity, token: token, number: connection.number, on: eventLoop)
            records.carriers[hello.id] = carrier
            return (carrier, true)
        }
        guard let (carrier, isNew) = found else {
            return Welcome(status: hello.kind == .new ? .full : .unknownStream)
        }
        connection.hand(to: carrier)
        if isNew {
            carrier.begin(on: connection)
            open(carrier, identity: identity)
        } else if carrier.eventLoop.inEventLoop {
            carrier.hello(hello, identity: identity, on: connection)
        } else {
            carrier.eventLoop.execute { carrier.hello(hello, identity: identity, on: connection) }
        }
        return nil
    }

    private func makeCarrier(
        _ hello: Hello, identity: String, token: [UInt8]?, number: Int, on eventLoop: any EventLoop
    ) -> ServerCarrier {
        ServerCarrier(
            ServerStream(
                hello, identity: identity, on: number, limits: options.limits,
                longestRetention: options.longestRetention, now: .now),
            id: hello.id, token: token, limits: options.limits, memory: memory, eventLoop: eventLoop, logger: logger,
            whenOver: { [self] carrier in
                let oldest = records.withLock { records -> ServerCarrier? in
                    records.ended.append(carrier.id)
                    guard records.ended.count > options.maximumStreams else { return nil }
                    return records.carriers[records.ended[0]]
                }
                if let oldest { forget(oldest) }
            },
            whenForgotten: { [self] in forget($0) })
    }

    private func forget(_ carrier: ServerCarrier) {
        records.withLock { records in
            records.carriers[carrier.id] = nil
            if let index = records.ended.firstIndex(of: carrier.id) { records.ended.remove(at: index) }
        }
    }

    private func open(_ carrier: ServerCarrier, identity: String) {
        let target = carrier.machine.target
        switch destination {
        case .channels(let connect):
            connect(target, identity, carrier.eventLoop).hop(to: carrier.eventLoop).whenComplete { result in
                switch result {
                case .success(let channel): carrier.opened(channel)
                case .failure(let error):
                    carrier.failed((error as? StreamRefusal)?.status ?? .targetUnreachable, error)
                }
            }
        case .program(let serve):
            let application = AsyncApplication(on: carrier.eventLoop, owner: carrier)
            carrier.opened(application)
            let stream = ResumableStream(application, ended: carrier.outcome)
            Task { await serve(stream, target, identity) }
        }
    }

    /// Ends all streams. Their applications are reset, and the clients receive the cause.
    public func shutdown() async {
        let carriers = records.withLock { records in
            records.isShutDown = true
            return Array(records.carriers.values)
        }
        for carrier in carriers {
            try? await carrier.eventLoop.submit { carrier.shutdown() }.get()
        }
    }
}
