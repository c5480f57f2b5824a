/// The client's end of a stream with its connections: when to connect, which one counts, and when to give up.
///
/// Connections have numbers, and the epoch of a hello is the number of its connection.
public struct ClientStream: Sendable {
    /// Times of a client.
    public struct Patience: Sendable, Equatable {
        /// How long the client tries to come back, once it has no connection.
        public var resume = Duration.seconds(300)
        /// How long it tries to begin the stream.
        public var begin = Duration.seconds(30)
        /// How long it tries to say that a complete stream is over.
        public var close = Duration.seconds(10)
        /// The longest pause between two attempts (``RetryPolicy/cap``).
        public var longestPause = Duration.seconds(10)
        /// Replaces each connection after this time, give or take a fifth. Nil: only lost ones.
        public var renewAfter: Duration?

        /// The times that the protocol's document recommends.
        public init() {}
    }

    /// What the shell does.
    public enum Directive: Equatable, Sendable {
        /// Open a connection with this number: TCP and TLS. Report ``connected(_:now:)`` or ``lost(_:_:now:using:)``.
        case connect(Int)
        /// Close this connection. Nothing more that it delivers counts.
        case abandon(Int)
        /// The stream is over. ``StreamCause/done``: the application has everything. Else: reset it.
        case end(StreamCause)
    }

    /// Why a connection is lost.
    public enum Loss: Equatable, Sendable {
        /// It was reset, closed, or silent; or could not be opened.
        case broken
        /// A certificate or a token is wrong. A stream that has not begun ends.
        case refused(StreamCause)
    }

    private enum State {
        /// A connection is being opened. Can transition to: `greeting` when it is open, `waiting` when it fails.
        case connecting(Int, until: ContinuousClock.Instant)
        /// Hello was sent. Can transition to: `attached` by a welcome, `waiting` when the connection is lost.
        case greeting(Int, until: ContinuousClock.Instant)
        /// Can transition to: `connecting` at once when the connection is lost, `over` when both ends are complete.
        case attached(Int)
        /// A pause between two attempts. Can transition to: `connecting`.
        case waiting(until: ContinuousClock.Instant)
        /// Nothing more happens.
        case over
    }

    /// Positions and frames.
    public var end: StreamEnd
    /// The name of the stream.
    public let id: StreamID
    /// Where the server connects to: `host:port`.
    public let target: String
    private let limits: StreamLimits
    private let patience: Patience
    private var state: State
    private var lastNumber = 1
    /// A connection that will replace the one that is attached, while it is being opened.
    private var successor: (number: Int, until: ContinuousClock.Instant)?
    private var renewAt: ContinuousClock.Instant?
    private var hasBegun = false
    /// What the last hello said that the application has taken.
    private var announced: UInt64 = 0
    private var policy: RetryPolicy
    private var withoutConnectionSince: ContinuousClock.Instant
    /// For how long the server keeps the stream.
    private var retention: Duration?

    /// A stream. Open the connection with number 1.
    public init(
        id: StreamID, target: String, limits: StreamLimits, patience: Patience, now: ContinuousClock.Instant
    ) {
        self.id = id
        self.target = target
        self.limits = limits
        self.patience = patience
        end = StreamEnd(isClient: true, limits: limits, now: now)
        state = .connecting(1, until: now + limits.handshake)
        withoutConnectionSince = now
        // Whoever says hello and welcome is the right server: a connection need not last to count as a success.
        policy = RetryPolicy(cap: patience.longestPause, deadline: nil, settlingTime: .zero)
    }

    /// Whether nothing more happens.
    public var isOver: Bool { if case .over = state { true } else { false } }

    /// The connection whose bytes count.
    public var attachedConnection: Int? { if case .attached(let number) = state { number } else { nil } }

    /// How often the stream was continued on another connection.
    public private(set) var resumptions = 0

    // MARK: Events

    /// A connection is open: TCP and TLS.
    ///
    /// - Returns: The hello to send on it, without proofs; nil if the connection is no longer wanted: close it.
    ///   The connection that it replaces no longer counts.
    public mutating func connected(_ number: Int, now: ContinuousClock.Instant) -> Hello? {
        if let successor, successor.number == number {
            self.successor = nil
            end.detach()
            withoutConnectionSince = now
        } else {
            guard case .connecting(number, _) = state else { return nil }
        }
        state = .greeting(number, until: now + limits.handshake)
        announced = end.written
        // A server that ended the stream must remember it for as long as this client may try to begin it.
        let tries = hasBegun ? patience.resume : max(patience.resume, patience.begin)
        return Hello(
            kind: hasBegun ? .resume : .new, id: id, epoch: UInt32(number),
            patienceSeconds: UInt16(clamping: tries.components.seconds), window: UInt32(limits.bufferBytes),
            received: end.received, written: end.written, target: hasBegun ? "" : target)
    }

    /// The server's answer to the hello. The shell has checked that the server is the right one.
    public mutating func welcome(
        _ welcome: Welcome, on number: Int, now: ContinuousClock.Instant,
        using generator: inout some RandomNumberGenerator
    ) -> [Directive] {
        guard case .greeting(number, _) = state else { return [.abandon(number)] }
        guard welcome.status == .ok else { return refused(welcome, number, now: now, using: &generator) }
        do {
            try end.attach(
                received: welcome.received, written: welcome.written, announced: announced, window: welcome.window,
                now: now)
        } catch {
            return [.abandon(number), over(error)]
        }
        if hasBegun { resumptions += 1 }
        hasBegun = true
        policy.succeeded(now: now)
        retention = .seconds(Int(welcome.retentionSeconds))
        state = .attached(number)
        renewAt = patience.renewAfter.map { now + $0 * Double.random(in: 0.8...1.2, using: &generator) }
        return []
    }

    private mutating func refused(
        _ welcome: Welcome, _ number: Int, now: ContinuousClock.Instant,
        using generator: inout some RandomNumberGenerator
    ) -> [Directive] {
        let cause: StreamCause
        switch welcome.status {
        case .ok: cause = .protocolError
        // The server forgot a stream of which this end knows that it is complete.
        case .unknownStream: cause = end.isComplete ? .done : .unknownStream
        case .targetDenied: cause = .targetDenied
        // A later hello arrived first, or this one is a repetition of the network's. The next one has a later epoch.
        case .epochOld: return [.abandon(number)] + retry(now: now, using: &generator)
        case .offsetOutside: cause = .offsetOutside
        case .full: cause = .full
        case .targetUnreachable: cause = .targetUnreachable
        case .notAuthenticated: cause = .notAuthenticated
        case .malformed: cause = .protocolError
        case .ended: cause = welcome.cause
        }
        return [.abandon(number), over(cause)]
    }

    /// A connection is gone, or could not be opened.
    public mutating func lost(
        _ number: Int, _ loss: Loss, now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> [Directive] {
        if let successor, successor.number == number {
            // The one that is attached goes on.
            self.successor = nil
            renewAt = patience.renewAfter.map { now + $0 * Double.random(in: 0.1...0.3, using: &generator) }
            return []
        }
        switch state {
        case .connecting(number, _), .greeting(number, _):
            // A stream that exists may still be saved: certificates are renewed, and whoever is in between may go.
            if case .refused(let cause) = loss, !hasBegun { return [over(cause)] }
            return retry(now: now, using: &generator)
        case .attached(number):
            if let cause = end.closed, cause != .done { return abandonSuccessor() + [over(cause)] }
            end.detach()
            withoutConnectionSince = now
            let abandoned = abandonSuccessor()
            return abandoned + retry(now: now, using: &generator)
        default:
            return []
        }
    }

    /// The stream is over at once: the other end's close frame, or a cause of this end, such as
    /// ``StreamCause/shutdown``, that ``StreamEnd/close(_:)`` has sent (or can't send, without a connection).
    public mutating func close(_ cause: StreamCause) -> [Directive] {
        guard !isOver else { return [] }
        return abandonAll() + [over(cause)]
    }

    // MARK: Time

    /// When ``timer(now:using:)`` must be called at the latest.
    public var deadline: ContinuousClock.Instant? {
        switch state {
        case .connecting(_, let until), .greeting(_, let until), .waiting(let until):
            return min(until, patienceEnds)
        case .attached:
            let renewal = successor?.until ?? (end.isComplete ? nil : renewAt)
            return [end.deadline, renewal].compactMap { $0 }.min()
        case .over:
            return nil
        }
    }

    /// When the client gives up, if it has no connection.
    private var patienceEnds: ContinuousClock.Instant {
        if end.isComplete {
            return max(withoutConnectionSince, end.lastTaken) + min(patience.close, patience.resume)
        }
        guard hasBegun else { return withoutConnectionSince + patience.begin }
        return withoutConnectionSince + min(patience.resume, retention ?? patience.resume)
    }

    /// A deadline may have passed. Afterwards the shell calls ``StreamEnd/output(into:limit:now:)`` in any case.
    public mutating func timer(
        now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> [Directive] {
        switch state {
        case .connecting(let number, let until), .greeting(let number, let until):
            if now >= patienceEnds { return [.abandon(number), givesUp()] }
            return now >= until ? [.abandon(number)] + lost(number, .broken, now: now, using: &generator) : []
        case .waiting(let until):
            if now >= patienceEnds { return [givesUp()] }
            return now >= until ? [connect(now: now)] : []
        case .attached(let number):
            if end.timer(now: now) == .lost {
                return [.abandon(number)] + lost(number, .broken, now: now, using: &generator)
            }
            if let successor, now >= successor.until {
                return [.abandon(successor.number)] + lost(successor.number, .broken, now: now, using: &generator)
            }
            if successor == nil, let renewAt, now >= renewAt, !end.isComplete {
                lastNumber += 1
                successor = (lastNumber, now + limits.handshake)
                return [.connect(lastNumber)]
            }
            return []
        case .over:
            return []
        }
    }

    // MARK: Steps

    /// ``patienceEnds`` limits the time, not the policy.
    private mutating func retry(
        now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> [Directive] {
        guard case .retry(let pause) = policy.next(after: .reset, now: now, using: &generator) else {
            return [givesUp()]
        }
        guard pause > .zero else { return [connect(now: now)] }
        state = .waiting(until: now + pause)
        return []
    }

    private mutating func connect(now: ContinuousClock.Instant) -> Directive {
        lastNumber += 1
        state = .connecting(lastNumber, until: now + limits.handshake)
        return .connect(lastNumber)
    }

    private mutating func givesUp() -> Directive { over(end.isComplete ? .done : .patience) }

    private mutating func over(_ cause: StreamCause) -> Directive {
        state = .over
        end.release()
        if end.isComplete { return .end(.done) }
        // What is missing here is not done, whatever the server says.
        return .end(cause == .done && !end.mayBeDone ? .protocolError : cause)
    }

    private mutating func abandonSuccessor() -> [Directive] {
        defer { successor = nil }
        return successor.map { [.abandon($0.number)] } ?? []
    }

    private mutating func abandonAll() -> [Directive] {
        let abandoned = abandonSuccessor()
        switch state {
        case .connecting(let number, _), .greeting(let number, _), .attached(let number):
            return abandoned + [.abandon(number)]
        case .waiting, .over:
            return abandoned
        }
    }
}
