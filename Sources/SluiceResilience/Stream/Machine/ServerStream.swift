/// The server's end of a stream with its connections: which one counts, and how long the stream is kept without one.
public struct ServerStream: Sendable {
    /// The answer to a hello.
    public enum Answer: Equatable, Sendable {
        /// Send this on the connection, and close the one that it replaces. With another status than
        /// ``StreamStatus/ok``, close the connection afterwards.
        case welcome(Welcome, replaces: Int?)
        /// The target is still being connected to. The welcome follows by ``ServerStream/opened(now:)``.
        case wait(replaces: Int?)
    }

    /// What the shell does.
    public enum Directive: Equatable, Sendable {
        /// Close this connection.
        case abandon(Int)
        /// The stream is over. ``StreamCause/done``: the application has everything. Else: reset it.
        case end(StreamCause)
        /// The record of a stream that ended may be removed.
        case forget
    }

    private enum State {
        /// The target is being connected to. Can transition to: `attached`, `detached`, `ended`.
        case opening(connection: Int?)
        /// Can transition to: `detached` when the connection is lost, `ended`.
        case attached(Int)
        /// Can transition to: `attached` by a hello, `ended` when the retention is over.
        case detached(since: ContinuousClock.Instant)
        /// Kept so that the client learns the cause. Can transition to: removed.
        case ended(StreamCause, since: ContinuousClock.Instant)
    }

    /// Positions and frames.
    public var end: StreamEnd
    /// The secret that the client proves to know. 32 bytes.
    public let secret: [UInt8]
    /// Who made the stream: nobody else may continue it.
    public let identity: String
    /// Where the stream leads: `host:port`.
    public let target: String
    private let limits: StreamLimits
    private let retention: Duration
    private var epoch: UInt32
    private var state: State
    private var peer: (received: UInt64, written: UInt64, window: UInt32) = (0, 0, 0)

    /// How long the server keeps a stream longer than its client tries to come back: a client that only receives notices
    /// a silent loss after ``StreamLimits/silence``, and only then begins to count.
    public static let retentionMargin = Duration.seconds(60)

    /// A stream that begins by a hello. Connect to the target, and report ``opened(now:)`` or ``failed(_:now:)``.
    ///
    /// - Parameters:
    ///   - identity: Whose token or certificate it is.
    ///   - longestRetention: The most that a client gets, whatever its patience is.
    public init(
        _ hello: Hello, identity: String, on connection: Int, limits: StreamLimits, longestRetention: Duration,
        now: ContinuousClock.Instant
    ) {
        end = StreamEnd(isClient: false, limits: limits, now: now)
        secret = hello.secret
        self.identity = identity
        target = hello.target
        self.limits = limits
        retention = min(.seconds(Int(hello.patienceSeconds)) + ServerStream.retentionMargin, longestRetention)
        epoch = hello.epoch
        state = .opening(connection: connection)
        peer = (hello.received, hello.written, hello.window)
    }

    /// The connection whose bytes count.
    public var attachedConnection: Int? { if case .attached(let number) = state { number } else { nil } }

    /// Whether the stream is over, and only its cause is kept.
    public var isOver: Bool { if case .ended = state { true } else { false } }

    // MARK: Hello and welcome

    /// Another hello of this stream.
    ///
    /// - Parameters:
    ///   - identity: Whose token or certificate it is.
    ///   - isProven: Whether the client knows the secret.
    public mutating func hello(
        _ hello: Hello, identity: String, isProven: Bool, on connection: Int, now: ContinuousClock.Instant
    ) -> Answer {
        guard isProven, identity == self.identity else {
            return .welcome(Welcome(status: .notAuthenticated), replaces: nil)
        }
        guard hello.epoch > epoch else { return .welcome(Welcome(status: .epochOld), replaces: nil) }
        epoch = hello.epoch
        peer = (hello.received, hello.written, hello.window)
        switch state {
        case .opening(let earlier):
            state = .opening(connection: connection)
            return .wait(replaces: earlier)
        case .attached(let earlier):
            end.detach()
            return .welcome(attach(connection, now: now), replaces: earlier)
        case .detached:
            return .welcome(attach(connection, now: now), replaces: nil)
        case .ended(let cause, _):
            return .welcome(Welcome(status: .ended, cause: cause), replaces: nil)
        }
    }

    /// The target is connected.
    ///
    /// - Returns: The welcome for the connection that waits for it, if there is one.
    public mutating func opened(now: ContinuousClock.Instant) -> (welcome: Welcome, connection: Int)? {
        guard case .opening(let connection) = state else { return nil }
        guard let connection else {
            state = .detached(since: now)
            return nil
        }
        return (attach(connection, now: now), connection)
    }

    /// The target can't be connected to.
    ///
    /// - Returns: The welcome for the connection that waits for it, if there is one.
    public mutating func failed(
        _ cause: StreamCause, now: ContinuousClock.Instant
    ) -> (welcome: Welcome, connection: Int)? {
        guard case .opening(let connection) = state else { return nil }
        state = .ended(cause, since: now)
        return connection.map { (Welcome(status: .ended, cause: cause), $0) }
    }

    private mutating func attach(_ connection: Int, now: ContinuousClock.Instant) -> Welcome {
        do {
            try end.attach(
                received: peer.received, written: peer.written, announced: end.written, window: peer.window, now: now)
        } catch {
            // The stream is not harmed by a hello that lies: it waits for another one.
            state = .detached(since: now)
            return Welcome(status: .offsetOutside)
        }
        state = .attached(connection)
        return Welcome(
            status: .ok, retentionSeconds: UInt16(clamping: retention.components.seconds),
            window: UInt32(limits.bufferBytes), received: end.received, written: end.written)
    }

    // MARK: How connections and the stream end

    /// A connection is gone.
    public mutating func lost(_ connection: Int, now: ContinuousClock.Instant) {
        switch state {
        case .opening(connection): state = .opening(connection: nil)
        case .attached(connection):
            end.detach()
            state = .detached(since: now)
        default: break
        }
    }

    /// The stream is over at once: the client's close frame, or a cause of this end that ``StreamEnd/close(_:)`` has
    /// sent (or can't send, without a connection).
    ///
    /// After a close frame with ``StreamCause/done``, the shell first sends what ``StreamEnd/output(into:limit:now:)``
    /// writes: the answer. A client that does not receive it comes back, and learns it by the welcome.
    public mutating func close(_ cause: StreamCause, now: ContinuousClock.Instant) -> [Directive] {
        guard !isOver else { return [] }
        let abandoned: [Directive] =
            switch state {
            case .attached(let number), .opening(connection: .some(let number)): [.abandon(number)]
            default: []
            }
        let result = end.isComplete ? .done : cause == .done ? .protocolError : cause
        end.release()
        state = .ended(result, since: now)
        return abandoned + [.end(result)]
    }

    /// How long the record of the end is kept. If it is done, the client knows or is about to: then only until an earlier
    /// hello, which may still be on its way, is too late to begin the stream again.
    private func recordTime(_ cause: StreamCause) -> Duration { cause == .done ? limits.handshake * 2 : retention }

    // MARK: Time

    /// When ``timer(now:)`` must be called at the latest.
    public var deadline: ContinuousClock.Instant? {
        switch state {
        case .opening: nil
        case .attached: end.deadline
        case .detached(let since): since + retention
        case .ended(let cause, let since): since + recordTime(cause)
        }
    }

    /// A deadline may have passed. Afterwards the shell calls ``StreamEnd/output(into:limit:now:)`` in any case.
    public mutating func timer(now: ContinuousClock.Instant) -> [Directive] {
        switch state {
        case .opening:
            return []
        case .attached(let number):
            guard end.timer(now: now) == .lost else { return [] }
            if let cause = end.closed, cause != .done { return close(cause, now: now) }
            lost(number, now: now)
            return [.abandon(number)]
        case .detached(let since):
            return now >= since + retention ? close(.patience, now: now) : []
        case .ended(let cause, let since):
            return now >= since + recordTime(cause) ? [.forget] : []
        }
    }
}
