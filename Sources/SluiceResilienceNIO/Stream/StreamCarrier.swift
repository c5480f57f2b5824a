import Logging
import NIOCore
import SluiceResilience

/// What a carrier needs of ``ClientStream`` and ``ServerStream``.
protocol CarriedStream: SendableMetatype {
    var end: StreamEnd { get set }
    var attachedConnection: Int? { get }
    var deadline: ContinuousClock.Instant? { get }
}

extension ClientStream: CarriedStream {}
extension ServerStream: CarriedStream {}

/// Carries one end of a stream: between its machine, its application and its connections.
///
/// Confined to its event loop; that is why it may be declared `Sendable`. ``ClientCarrier`` and ``ServerCarrier`` add
/// what differs.
class StreamCarrier<Stream: CarriedStream>: ApplicationOwner, ConnectionOwner, @unchecked Sendable {
    let eventLoop: any EventLoop
    var machine: Stream
    var application: (any StreamApplication)?
    var connections: [Int: StreamConnection] = [:]
    let limits: StreamLimits
    let memory: StreamMemory
    var logger: Logger
    private var kept = 0
    private var timer: (due: ContinuousClock.Instant, task: Scheduled<Void>)?
    private(set) var isOver = false
    private var isPumping = false
    private var isReceiving = false

    /// About so many bytes are written at once.
    private let pieceBytes = 128 << 10

    init(
        _ machine: Stream, limits: StreamLimits, memory: StreamMemory, eventLoop: any EventLoop, logger: Logger
    ) {
        self.machine = machine
        self.limits = limits
        self.memory = memory
        self.eventLoop = eventLoop
        self.logger = logger
    }

    var now: ContinuousClock.Instant { .now }

    // MARK: What differs

    /// The machine's deadline has passed.
    func timerFired() {}
    /// The other end's close frame has come.
    func peerClosed(_ cause: StreamCause) {}
    /// The stream is over at once, because of this end.
    func closeNow(_ cause: StreamCause) {}
    func secured(_ connection: StreamConnection) {}
    func lost(_ connection: StreamConnection) { connections[connection.number] = nil }
    /// Bytes of a connection that does not count yet, or no longer.
    func receivedEarly(_ bytes: ByteBuffer, on connection: StreamConnection) {}

    // MARK: The application

    func applicationSent(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { machine.end.send($0) }
    }

    func applicationReadComplete() { advance() }

    func applicationFinished() {
        machine.end.finish()
        advance()
    }

    func applicationReset() {
        guard !isOver else { return }
        machine.end.reset(now: now)
        advance()
    }

    func applicationWrote(upTo position: UInt64) {
        guard !isOver else { return }
        machine.end.wrote(upTo: position, now: now)
        advance()
    }

    // MARK: Connections

    final func received(_ bytes: ByteBuffer, on connection: StreamConnection) {
        guard !isOver else { return }
        guard machine.attachedConnection == connection.number else { return receivedEarly(bytes, on: connection) }
        receivedFrames(bytes)
    }

    /// Bytes of the connection that counts. Nothing is written to it before all of them have been read: NIOSSL delivers
    /// the next record during a write.
    final func receivedFrames(_ bytes: ByteBuffer) {
        var events: [StreamEnd.Event] = []
        var hasData = false
        isReceiving = true
        do throws(StreamCause) {
            defer { isReceiving = false }
            let time = now
            try bytes.withUnsafeReadableBytes { (input) throws(StreamCause) in
                var position = 0
                while let event = try machine.end.receive(input, &position, now: time) {
                    switch event {
                    case .data(let range):
                        hasData = true
                        if let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) {
                            application?.write(slice)
                        }
                    case .finish: application?.finish(upTo: machine.end.received)
                    case .reset:
                        application?.reset(upTo: machine.end.received, linger: TimeAmount(limits.resetLinger))
                    case .closed: events.append(event)
                    }
                }
            }
        } catch {
            logger.error("stream ended", metadata: ["cause": "\(error)", "why": "the other end violates the protocol"])
            machine.end.close(error)
            pump()
            return closeNow(error)
        }
        if hasData { application?.flush(upTo: machine.end.received) }
        if case .closed(let cause)? = events.first { return peerClosed(cause) }
        advance()
    }

    func readComplete(on connection: StreamConnection) {}

    func writabilityChanged(on connection: StreamConnection) {
        if machine.attachedConnection == connection.number { advance() }
    }

    // MARK: Progress

    /// Sends what there is, reads on, and sets the timer.
    final func advance() {
        guard !isOver, !isPumping, !isReceiving else { return }
        pump()
        // The machine itself ended the stream: a RST could not follow its data.
        if let cause = machine.end.closed, cause != .done { return closeNow(cause) }
        keepAccount()
        if machine.end.acceptsBytes, memory.permits(kept, limits: limits) { application?.read() }
        schedule()
    }

    /// Writes frames while the connection takes them.
    final func pump(evenIfNothingIsDue isForced: Bool = false) {
        guard let number = machine.attachedConnection, let connection = connections[number] else { return }
        isPumping = true
        defer { isPumping = false }
        let time = now
        var isForced = isForced
        while isForced || machine.end.hasOutput(now: time), connection.channel.isWritable {
            isForced = false
            var sink = BufferSink(buffer: connection.channel.allocator.buffer(capacity: 256))
            if machine.end.sendableBytes > 0 {
                sink.buffer.reserveCapacity(min(machine.end.sendableBytes + 1024, pieceBytes + 1024))
            }
            machine.end.output(into: &sink, limit: pieceBytes, now: time)
            guard sink.buffer.readableBytes > 0 else { return }
            connection.channel.writeAndFlush(sink.buffer, promise: nil)
        }
    }

    private func keepAccount() {
        memory.change(by: machine.end.keptBytes - kept)
        kept = machine.end.keptBytes
    }

    /// A timer is not moved by activity: when it fires, the deadline is computed again.
    final func schedule() {
        guard !isOver, let deadline = machine.deadline else { return }
        if let timer, timer.due <= deadline { return }
        timer?.task.cancel()
        let delay = TimeAmount(max(deadline - now, .zero))
        let task = eventLoop.scheduleTask(in: delay) { [self] in
            timer = nil
            guard !isOver else { return }
            if let deadline = machine.deadline, now >= deadline {
                timerFired()
                pump(evenIfNothingIsDue: true)
            }
            advance()
        }
        timer = (deadline, task)
    }

    // MARK: How it ends

    /// Ends the application's side and all connections.
    final func finish(_ cause: StreamCause) {
        guard !isOver else { return }
        isOver = true
        timer?.task.cancel()
        timer = nil
        memory.change(by: -kept)
        kept = 0
        application?.end(isDone: cause == .done)
        application = nil
        for connection in connections.values { connection.close() }
        connections = [:]
    }
}

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
