public import Logging
public import NIOCore
import NIOPosix
public import SluiceResilience
import Synchronization

/// The client of a server of resumable streams: carries channels to targets, over connections that may be reset.
public final class StreamClient: Sendable {
    struct Settings: Sendable {
        var host: String
        var port: Int
        var credentials: ClientCredentials
        var options: StreamClientOptions
    }

    private let settings: Settings
    private let group: any EventLoopGroup
    private let logger: Logger
    private let memory = StreamMemory(maximumBytes: .max)
    private let carriers = Mutex<[ObjectIdentifier: ClientCarrier]>([:])

    /// A client of one server. It connects when there is a stream.
    public init(
        host: String, port: Int, credentials: ClientCredentials, options: StreamClientOptions = StreamClientOptions(),
        group: any EventLoopGroup, logger: Logger
    ) {
        settings = Settings(host: host, port: port, credentials: credentials, options: options)
        self.group = group
        self.logger = logger
    }

    /// How many streams there are.
    public var count: Int { carriers.withLock { $0.count } }

    /// Carries a channel to a target until both directions are over.
    ///
    /// Call it on the channel's event loop, as soon as the channel is active: on another one, what the channel delivers in
    /// the meantime is lost. (A FIN makes NIO read everything, whether it was asked to or not.)
    ///
    /// - Parameters:
    ///   - channel: A socket or pipe from which nothing has been read: `autoRead` is false, `allowRemoteHalfClosure` true.
    ///   - target: `host:port`, for the server to connect to.
    ///   - begun: Called on the channel's event loop when the target is connected, before any of its data is written.
    /// - Returns: Why it ended: ``StreamCause/done``, or the cause, after the channel was reset. Never fails.
    public func carry(
        _ channel: any Channel, to target: String, begun: @escaping @Sendable () -> Void = {}
    ) -> EventLoopFuture<StreamCause> {
        guard channel.eventLoop.inEventLoop else {
            return channel.eventLoop.flatSubmit { [self] in carry(channel, to: target, begun: begun) }
        }
        let carrier = makeCarrier(target, on: channel.eventLoop)
        carrier.whenBegun = begun
        let application = SocketApplication(channel, owner: carrier)
        do {
            try channel.pipeline.syncOperations.addHandler(application)
            carrier.start(application)
        } catch {
            carrier.shutdown()
        }
        return carrier.outcome
    }

    func makeCarrier(_ target: String, on eventLoop: any EventLoop) -> ClientCarrier {
        var generator = SystemRandomNumberGenerator()
        let carrier = ClientCarrier(
            .random(using: &generator), target: target, settings: settings, memory: memory, eventLoop: eventLoop,
            logger: logger
        ) { [self] carrier in
            carriers.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(carrier)) }
        }
        carriers.withLock { $0[ObjectIdentifier(carrier)] = carrier }
        return carrier
    }

    var nextEventLoop: any EventLoop { group.next() }

    /// Ends all streams. Their applications are reset, and the server receives the cause.
    public func shutdown() async {
        for carrier in carriers.withLock({ Array($0.values) }) {
            try? await carrier.eventLoop.submit { carrier.shutdown() }.get()
        }
    }
}
