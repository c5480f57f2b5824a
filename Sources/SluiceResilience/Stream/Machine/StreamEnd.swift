/// One end of a resumable stream: its positions, what it keeps to send again, and its frames
/// (docs/resume-protocol.md). Both ends are the same.
///
/// The bytes of one direction have positions from 0. A FIN takes one position after them, a RST another one. So the
/// acknowledgement of a position covers the end of a direction, too.
///
/// The shell passes on what the application sends (``send(_:)``, ``finish()``, ``reset(now:)``), what the connection
/// delivers (``receive(_:_:now:)``), and what the application has taken (``wrote(upTo:now:)``). It sends what
/// ``output(into:limit:now:)`` writes.
public struct StreamEnd: Sendable {
    /// What the shell does with what was received, in this order. Once the application has taken it, the shell confirms
    /// what ``StreamEnd/received`` was when it got the event, by ``StreamEnd/wrote(upTo:now:)``.
    public enum Event: Equatable, Sendable {
        /// Write these bytes of the input to the application.
        case data(Range<Int>)
        /// Close the application's connection for writing.
        case finish
        /// Reset the application's connection.
        case reset
        /// The other end ended the stream.
        case closed(StreamCause)
    }

    /// What the shell does when a deadline has passed.
    public enum TimerDirective: Equatable, Sendable {
        case none
        /// There is something to send.
        case output
        /// The other end is silent: close the connection, and call ``StreamEnd/detach()``.
        case lost
    }

    let limits: StreamLimits
    /// The client says that the stream is over. The server only answers.
    private let isClient: Bool

    // What the application sends.
    private var replay = ReplayBuffer()
    private var hasFinished = false
    private var hasReset = false
    /// What the other end's application has taken.
    private var acknowledged: UInt64 = 0
    /// The next position that this connection sends.
    private var sent: UInt64 = 0
    /// The highest value of ``sent`` on any connection.
    private var highestSent: UInt64 = 0
    private var window: UInt64 = 0

    // What the application receives.
    /// The position after the last one that was received.
    public private(set) var received: UInt64 = 0
    /// The position after the last one that the application has taken.
    public private(set) var written: UInt64 = 0
    private var acknowledgementSent: UInt64 = 0
    /// What ended the other direction, once it was received.
    private var peerEnd: Event?

    // The connection.
    /// Whether there is a connection, past hello and welcome.
    public private(set) var isAttached = false
    private var decoder = FrameDecoder()
    private var owesPong = false
    var owesPing = false
    var sentClose: StreamCause?
    /// A close frame was received. Nothing counts after it.
    private var receivedClose: StreamCause?
    var acknowledgeAt: ContinuousClock.Instant?
    var lastSent: ContinuousClock.Instant
    var lastReceived: ContinuousClock.Instant
    /// When the first bytes were sent after the last ones were received.
    var unansweredSince: ContinuousClock.Instant?
    var hasPinged = false
    var closing: StreamCause?
    private var isReleased = false
    /// When the application last took something, or reset its connection.
    private(set) var lastTaken: ContinuousClock.Instant
    /// After a reset by the application: when the other end last acknowledged something.
    var lingersSince: ContinuousClock.Instant?

    /// An end before its first connection.
    public init(isClient: Bool, limits: StreamLimits, now: ContinuousClock.Instant) {
        self.isClient = isClient
        self.limits = limits
        lastSent = now
        lastReceived = now
        lastTaken = now
    }

    // MARK: The application

    /// Whether the shell may read more from the application: the replay buffer has room.
    public var acceptsBytes: Bool {
        !hasFinished && !hasReset && !isReleased && replay.count < limits.bufferBytes
    }
    /// Bytes that are kept until the other end has acknowledged them.
    public var keptBytes: Int { replay.count }
    /// The position after the last byte that the application sent.
    public var sentByApplication: UInt64 { replay.end }

    /// The application sent bytes. They are kept, even if ``acceptsBytes`` is false.
    public mutating func send(_ bytes: UnsafeRawBufferPointer) {
        guard !hasFinished, !hasReset, !isReleased else { return }
        replay.append(bytes)
    }

    /// The application will send nothing more (FIN).
    public mutating func finish() {
        guard !hasReset, !isReleased else { return }
        hasFinished = true
    }

    /// The application reset its connection (RST), or it is gone. It takes nothing more.
    public mutating func reset(now: ContinuousClock.Instant) {
        guard !hasReset, !isComplete, !isReleased else { return }
        hasReset = true
        written = received
        lastTaken = now
        lingersSince = now
        acknowledgeSoon(now: now)
    }

    /// The application has taken everything up to a position.
    public mutating func wrote(upTo position: UInt64, now: ContinuousClock.Instant) {
        precondition(position <= received, "more was written (\(position)) than received (\(received))")
        guard position > written else { return }
        written = position
        lastTaken = now
        let isEnd = peerEnd != nil && written == received
        // An end with a small buffer says early that it has room.
        let bytes = min(limits.acknowledgeBytes, limits.bufferBytes / 4)
        if isEnd || written - acknowledgementSent >= UInt64(bytes) {
            acknowledgeAt = now
        } else {
            acknowledgeSoon(now: now)
        }
    }

    private mutating func acknowledgeSoon(now: ContinuousClock.Instant) {
        guard written > acknowledgementSent, acknowledgeAt == nil else { return }
        acknowledgeAt = now + limits.acknowledgeAfter
    }

    // MARK: How it ends

    /// The position after the end of what the application sends, once that is known.
    private var endPosition: UInt64 { replay.end + (hasFinished ? 1 : 0) + (hasReset ? 1 : 0) }

    /// Whether both applications have everything, and this end knows.
    public var isComplete: Bool {
        if peerEnd == .reset { return written == received }
        if hasReset { return acknowledged == endPosition || isResetTooLate }
        return hasFinished && acknowledged == endPosition && peerEnd == .finish && written == received
    }

    /// Whether the other end said done before the RST of this end's application reached it: to that end, both directions
    /// are complete.
    private var isResetTooLate: Bool {
        receivedClose == .done && hasFinished && acknowledged > replay.end && peerEnd == .finish
    }

    /// Whether this end has, and has sent, all that ``StreamCause/done`` needs. The other end knows whether it has, too.
    var mayBeDone: Bool {
        if peerEnd == .reset { return written == received }
        return hasReset || (hasFinished && peerEnd == .finish && written == received)
    }

    /// Ends the stream. The cause is sent if there is a connection.
    public mutating func close(_ cause: StreamCause) { closing = cause }

    /// Whether the last frame that this end sends has been written out.
    public var hasClosed: Bool { sentClose != nil }

    /// The cause of the close frame that was written out. If it is not ``StreamCause/done``, the shell waits for no
    /// answer: once the bytes are sent, it calls ``ClientStream/close(_:)`` or ``ServerStream/close(_:now:)``.
    public var closed: StreamCause? { sentClose }

    /// The stream is over. Forgets what is kept to be sent again. Positions stay, for what the application has yet to take.
    mutating func release() {
        detach()
        replay.acknowledge(replay.end)
        isReleased = true
    }

    // MARK: The connection

    /// What this end keeps and the other end may ask for again.
    var resendable: ClosedRange<UInt64> { acknowledged...highestSent }

    /// A connection is there: hello and welcome were exchanged.
    ///
    /// - Parameters:
    ///   - received: What the other end has received, and where this end goes on.
    ///   - written: What the other end's application has taken.
    ///   - announced: What this end's hello or welcome said that its own application has taken.
    /// - Throws: ``StreamCause/offsetOutside`` if that can't be. Nothing has changed then.
    public mutating func attach(
        received peerReceived: UInt64, written peerWritten: UInt64, announced: UInt64, window: UInt32,
        now: ContinuousClock.Instant
    ) throws(StreamCause) {
        guard peerWritten >= acknowledged, peerWritten <= peerReceived, peerReceived <= highestSent else {
            throw .offsetOutside
        }
        acknowledge(peerWritten)
        sent = peerReceived
        self.window = UInt64(window)
        isAttached = true
        decoder = FrameDecoder()
        owesPong = false
        owesPing = false
        sentClose = nil
        receivedClose = nil
        acknowledgementSent = announced
        acknowledgeAt = nil
        // The application may have taken more since the hello.
        acknowledgeSoon(now: now)
        lastSent = now
        lastReceived = now
        unansweredSince = nil
        hasPinged = false
        if lingersSince != nil { lingersSince = now }
    }

    /// There is no connection any more.
    public mutating func detach() {
        isAttached = false
        acknowledgeAt = nil
    }

    private mutating func acknowledge(_ position: UInt64) {
        acknowledged = position
        replay.acknowledge(min(position, replay.end))
    }

    /// Reads the next event from what the connection delivered.
    ///
    /// - Parameter position: The first byte that has not been read. Call again with the same bytes until nil is returned.
    /// - Throws: What the stream ends with: the other end violates the protocol.
    public mutating func receive(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, now: ContinuousClock.Instant
    ) throws(StreamCause) -> Event? {
        guard isAttached, receivedClose == nil else {
            position = bytes.count
            return nil
        }
        lastReceived = now
        unansweredSince = nil
        hasPinged = false
        while let frame = try decoder.next(bytes, &position) {
            if let event = try received(frame, now: now) { return event }
        }
        return nil
    }

    private mutating func received(_ frame: StreamFrame, now: ContinuousClock.Instant) throws(StreamCause) -> Event? {
        switch frame {
        case .data(let range):
            guard peerEnd == nil else { throw .protocolError }
            received += UInt64(range.count)
            guard hasReset || received - written <= UInt64(limits.bufferBytes) else { throw .protocolError }
            return isDiscarding(now: now) ? nil : .data(range)
        case .acknowledgement(let position):
            guard position >= acknowledged, position <= sent else { throw .protocolError }
            if lingersSince != nil, position > acknowledged { lingersSince = now }
            acknowledge(position)
            return nil
        case .finish:
            guard peerEnd == nil else { throw .protocolError }
            peerEnd = .finish
            received += 1
            return isDiscarding(now: now) ? nil : .finish
        case .reset:
            guard peerEnd != .reset else { throw .protocolError }
            // Both directions had ended: nothing is left that could be reset.
            let isLate = isComplete
            peerEnd = .reset
            received += 1
            if isLate { wrote(upTo: received, now: now) }
            return isLate || isDiscarding(now: now) ? nil : .reset
        case .ping:
            owesPong = true
            return nil
        case .pong:
            return nil
        case .close(let cause):
            receivedClose = cause
            guard cause != .done || isComplete else { throw .protocolError }
            return .closed(cause)
        }
    }

    /// Whether the application is gone, so that what arrives for it is taken at once.
    private mutating func isDiscarding(now: ContinuousClock.Instant) -> Bool {
        guard hasReset else { return false }
        written = received
        acknowledgeSoon(now: now)
        return true
    }

    // MARK: Output

    /// Whether ``output(into:limit:now:)`` has something to write.
    public func hasOutput(now: ContinuousClock.Instant) -> Bool {
        guard isAttached, sentClose == nil else { return false }
        return owesPong || owesPing || closing != nil || sendablePosition > sent
            || acknowledgeAt.map { $0 <= now } ?? false
            || saysDone
    }

    /// How many bytes the connection may take now.
    public var sendableBytes: Int {
        guard isAttached, closing == nil else { return 0 }
        let limit = min(replay.end, acknowledged + window)
        return limit > sent ? Int(limit - sent) : 0
    }

    /// Whether it is time to say that the stream is done: first the client, and the server answers.
    private var saysDone: Bool { isComplete && (isClient || receivedClose == .done) }

    /// Up to which position the window permits to send. The ends of a direction need no room.
    private var sendablePosition: UInt64 {
        let bytes = min(replay.end, acknowledged + window)
        return bytes == replay.end ? endPosition : bytes
    }

    /// Writes frames for the connection.
    ///
    /// - Parameter limit: About how many bytes to write at most. Call again while ``hasOutput(now:)``.
    public mutating func output(into sink: inout some ByteSink, limit: Int, now: ContinuousClock.Instant) {
        guard isAttached, sentClose == nil else { return }
        var room = limit
        var expectsAnswer = false
        if owesPong {
            owesPong = false
            sink.append(frame: .pong)
            room -= FrameType.headerBytes
        }
        if written > acknowledgementSent {
            acknowledgementSent = written
            acknowledgeAt = nil
            sink.append(frame: .acknowledgement, length: 8)
            sink.append(written)
            room -= FrameType.headerBytes + 8
        }
        if owesPing {
            owesPing = false
            sink.append(frame: .ping)
            room -= FrameType.headerBytes
            expectsAnswer = true
        }
        while room > 0, sendableBytes > 0 {
            let length = min(
                max(room - FrameType.headerBytes, 1), FrameType.maximumData, sendableBytes)
            let copied = replay.withBytes(from: sent, limit: length) { bytes in
                sink.append(frame: .data, length: bytes.count)
                sink.append(bytes: bytes)
                return bytes.count
            }
            sent += UInt64(copied)
            room -= FrameType.headerBytes + copied
            expectsAnswer = true
        }
        if closing == nil, sent >= replay.end, sent < endPosition {
            if hasFinished, sent == replay.end {
                sink.append(frame: .finish)
                sent += 1
            }
            if hasReset, sent < endPosition {
                sink.append(frame: .reset)
                sent += 1
            }
            room -= FrameType.headerBytes
            expectsAnswer = true
        }
        highestSent = max(highestSent, sent)
        if let cause = closing ?? (saysDone ? .done : nil) {
            sink.append(frame: .close, length: 1)
            sink.append(cause.rawValue)
            sentClose = cause
            room -= FrameType.headerBytes
        }
        guard room < limit else { return }
        lastSent = now
        if expectsAnswer { unansweredSince = unansweredSince ?? now }
    }
}
