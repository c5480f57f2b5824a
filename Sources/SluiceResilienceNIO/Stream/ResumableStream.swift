public import NIOCore
public import SluiceResilience

/// Why bytes can't be read or written any more.
public enum ResumableStreamError: Error, Sendable, Equatable {
    /// The stream could not be saved. ``ResumableStream/outcome`` has the cause.
    case lost
    /// The other application reset the stream. All bytes before that were read.
    case reset
    /// This end has said that it sends nothing more.
    case finished
    /// Two tasks read at the same time.
    case readTwice
}

/// A stream of bytes in both directions that survives the loss of its connection.
///
/// Bytes arrive once and in order, whatever happens to the connections that carry them. What the other end has not
/// confirmed is kept, and writing waits while that is ``StreamLimits/bufferBytes``. A stream that can't be saved ends with
/// an error at both ends: it is never cut short without one.
///
/// ```swift
/// let stream = client.open("db.example:5432")
/// try await stream.write(ByteBuffer(string: "hello"))
/// stream.finish()
/// for try await bytes in stream { … }
/// ```
public final class ResumableStream: Sendable, AsyncSequence {
    /// What is read.
    public typealias Element = ByteBuffer

    private let application: AsyncApplication
    private let ended: EventLoopFuture<StreamCause>

    init(_ application: AsyncApplication, ended: EventLoopFuture<StreamCause>) {
        self.application = application
        self.ended = ended
    }

    /// Why the stream ended: ``StreamCause/done``, or why it could not be saved. Waits until it has.
    public var outcome: StreamCause {
        get async throws { try await ended.get() }
    }

    /// Sends bytes. Returns when they are kept for the other end, which may be before they arrive.
    ///
    /// - Throws: ``ResumableStreamError``
    public func write(_ bytes: ByteBuffer) async throws {
        try await application.eventLoop.flatSubmit { [application] in application.write(bytes) }.get()
    }

    /// Sends nothing more. What the other end sends can still be read.
    public func finish() {
        application.eventLoop.execute { [application] in application.finish() }
    }

    /// Ends both directions. The other application reads what was written before, and then an error.
    public func reset() {
        application.eventLoop.execute { [application] in application.reset() }
    }

    /// Reads the next bytes. Bytes are confirmed to the other end when the next ones are asked for.
    ///
    /// - Returns: Nil at the end.
    /// - Throws: ``ResumableStreamError``, or `CancellationError`.
    public func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await application.eventLoop.flatSubmit { [application] in application.next() }.get()
        } onCancel: {
            application.eventLoop.execute { [application] in application.cancelRead() }
        }
    }

    /// Reads until the end. One task may read at a time.
    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Reads a stream.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: ResumableStream

        /// The next bytes; nil at the end.
        public mutating func next() async throws -> ByteBuffer? { try await stream.read() }
    }
}

extension StreamClient {
    /// Begins a stream. It can be written to at once.
    ///
    /// - Parameter target: `host:port`, or whatever the server understands.
    public func open(_ target: String) -> ResumableStream {
        let carrier = makeCarrier(target, on: nextEventLoop)
        let application = AsyncApplication(on: carrier.eventLoop, owner: carrier)
        carrier.eventLoop.execute { carrier.start(application) }
        return ResumableStream(application, ended: carrier.outcome)
    }
}
