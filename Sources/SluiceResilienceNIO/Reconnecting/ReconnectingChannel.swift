public import Logging
public import NIOCore
public import NIOPosix

/// A client's connection that is made again when it is lost.
///
/// It connects, reports each connection and each loss as an event, and follows a ``RetryPolicy`` until that gives up. It
/// does not replay: what was sent on a lost connection may have arrived or not, and the application decides what it
/// sends again.
///
/// ```swift
/// let limits = SharedHostLimits()  // one for each host
/// let channel = ReconnectingChannel(
///     host: "db.example.com", port: 5432, on: group.next(), limits: limits
/// ) { channel in
///     channel.eventLoop.makeCompletedFuture {
///         try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
///     }
/// }
/// for await event in channel.events {
///     switch event {
///     case .connected(_, let connection): // send what is not done yet
///     case .disconnected(let end): // wait: another one follows
///     case .gaveUp(let reason): // report it
///     }
/// }
/// ```
///
/// A server may refuse the application itself, by a wrong password for example. Then call ``close()``: this channel
/// knows only what happens to connections.
public final class ReconnectingChannel<Connection: Sendable>: Sendable {
    private let core: ReconnectCore<Connection>
    private let stream: AsyncStream<ReconnectEvent<Connection>>

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - eventLoop: All connections run on it.
    ///   - limits: Shared by all channels to this host.
    ///   - bootstrap: Makes a bootstrap for the event loop, with options of your own. Its initializer and its timeout
    ///     are set here.
    ///   - initializer: Adds the handlers of the application to a new channel, and returns what
    ///     ``ReconnectEvent/connected(attempt:_:)`` carries. TLS and the handler that watches the connection come
    ///     before it.
    public init(
        host: String, port: Int, on eventLoop: any EventLoop, limits: SharedHostLimits,
        settings: ReconnectSettings = ReconnectSettings(), logger: Logger? = nil,
        bootstrap: @escaping @Sendable (any EventLoop) -> ClientBootstrap = { ClientBootstrap(group: $0) },
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Connection>
    ) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ReconnectEvent<Connection>.self, bufferingPolicy: .bufferingNewest(ReconnectEvents<Connection>.limit))
        self.stream = stream
        core = ReconnectCore(
            target: ReconnectCore.Target(
                host: host, port: port, bootstrap: bootstrap, initializer: initializer),
            eventLoop: eventLoop, limits: limits, settings: settings, logger: logger, events: continuation)
        eventLoop.execute { [core] in core.start() }
    }

    deinit { core.endSoon() }

    /// What happens, in order. For one reader.
    ///
    /// The sequence ends after ``ReconnectEvent/gaveUp(_:)`` and after ``close()``. As long as it is read, the channel
    /// stays open.
    public var events: ReconnectEvents<Connection> { ReconnectEvents(owner: self, stream: stream) }

    /// Closes the connection, and makes no other one. Returns when it is closed.
    public func close() async {
        try? await core.eventLoop.flatSubmit { [core] in core.close() }.get()
    }
}

/// The events of a ``ReconnectingChannel``.
public struct ReconnectEvents<Connection: Sendable>: AsyncSequence, Sendable {
    /// Of events that nobody reads, so many are kept: the newest ones.
    public static var limit: Int { 256 }

    fileprivate let owner: ReconnectingChannel<Connection>
    fileprivate let stream: AsyncStream<ReconnectEvent<Connection>>

    /// Begins to read.
    public func makeAsyncIterator() -> Iterator {
        Iterator(owner: owner, base: stream.makeAsyncIterator())
    }

    /// Reads the events one by one. It keeps the channel open.
    public struct Iterator: AsyncIteratorProtocol {
        private let owner: ReconnectingChannel<Connection>
        private var base: AsyncStream<ReconnectEvent<Connection>>.Iterator

        fileprivate init(
            owner: ReconnectingChannel<Connection>, base: AsyncStream<ReconnectEvent<Connection>>.Iterator
        ) {
            self.owner = owner
            self.base = base
        }

        /// Waits for the next event. Nil: there are no more.
        public mutating func next() async -> ReconnectEvent<Connection>? {
            await base.next(isolation: #isolation)
        }
    }
}
