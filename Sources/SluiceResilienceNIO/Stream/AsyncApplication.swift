import NIOCore
import SluiceResilience

/// An application that is code of this process: what ``ResumableStream`` is a handle of.
///
/// Confined to the event loop of its stream; that is why it may be declared `Sendable`.
final class AsyncApplication: StreamApplication, @unchecked Sendable {
    private enum Item {
        case bytes(ByteBuffer)
        /// Everything before it may be confirmed up to this position, once the application asks for more.
        case position(UInt64)
        case finish(UInt64)
        case reset(UInt64)
    }

    let eventLoop: any EventLoop
    private let owner: any ApplicationOwner
    private var items = CircularBuffer<Item>()
    private var reader: EventLoopPromise<ByteBuffer?>?
    private var writers = CircularBuffer<(ByteBuffer, EventLoopPromise<Void>)>()
    private var mayWrite = false
    private var hasFinished = false
    private var failure: (any Error)?
    private var isAtEnd = false

    init(on eventLoop: any EventLoop, owner: any ApplicationOwner) {
        self.eventLoop = eventLoop
        self.owner = owner
    }

    // MARK: From the stream

    func read() {
        mayWrite = true
        writeNext()
    }

    func write(_ bytes: ByteBuffer) { take(.bytes(bytes)) }
    func flush(upTo position: UInt64) { take(.position(position)) }
    func finish(upTo position: UInt64) { take(.finish(position)) }
    func reset(upTo position: UInt64, linger: TimeAmount) { take(.reset(position)) }

    func end(isDone: Bool) {
        if !isDone { fail(ResumableStreamError.lost) }
        for (_, promise) in writers { promise.fail(failure ?? ResumableStreamError.finished) }
        writers.removeAll()
        readNext()
    }

    private func take(_ item: Item) {
        items.append(item)
        readNext()
    }

    private func fail(_ error: any Error) { failure = failure ?? error }

    // MARK: From the application

    func next() -> EventLoopFuture<ByteBuffer?> {
        let promise = eventLoop.makePromise(of: ByteBuffer?.self)
        guard reader == nil else {
            promise.fail(ResumableStreamError.readTwice)
            return promise.futureResult
        }
        reader = promise
        readNext()
        return promise.futureResult
    }

    func cancelRead() {
        reader?.fail(CancellationError())
        reader = nil
    }

    private func readNext() {
        guard let promise = reader else { return }
        var result: Result<ByteBuffer?, any Error>?
        var confirmed: UInt64?
        while result == nil, !items.isEmpty {
            switch items.removeFirst() {
            case .bytes(let bytes): result = .success(bytes)
            case .position(let position): confirmed = position
            case .finish(let position):
                isAtEnd = true
                confirmed = position
            case .reset(let position):
                fail(ResumableStreamError.reset)
                confirmed = position
            }
        }
        if result == nil, isAtEnd { result = .success(nil) }
        if result == nil, let failure { result = .failure(failure) }
        if let result {
            reader = nil
            promise.completeWith(result)
        }
        // Last: it may send, and what arrives during that comes here again.
        if let confirmed { owner.applicationWrote(upTo: confirmed) }
    }

    func write(_ bytes: ByteBuffer) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        if let failure {
            promise.fail(failure)
        } else if hasFinished {
            promise.fail(ResumableStreamError.finished)
        } else {
            writers.append((bytes, promise))
            writeNext()
        }
        return promise.futureResult
    }

    private func writeNext() {
        guard mayWrite, !writers.isEmpty else { return }
        let (bytes, promise) = writers.removeFirst()
        mayWrite = false
        owner.applicationSent(bytes)
        promise.succeed()
        owner.applicationReadComplete()
    }

    func finish() {
        guard !hasFinished else { return }
        hasFinished = true
        owner.applicationFinished()
    }

    func reset() {
        fail(ResumableStreamError.finished)
        owner.applicationReset()
    }
}
