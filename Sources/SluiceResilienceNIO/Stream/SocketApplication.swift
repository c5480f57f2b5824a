import NIOCore

/// An application behind a socket or a pipe.
///
/// Confined to the event loop of its channel; that is why it may be declared `Sendable`.
final class SocketApplication: ChannelInboundHandler, StreamApplication, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private let channel: any Channel
    private let owner: any ApplicationOwner
    private var isReading = false
    private var hasEnded = false
    private var isFinished = false
    private var isOver = false
    /// Whether the stream is over, so that nothing may be reported.
    private var hasNoOwner = false

    init(_ channel: any Channel, owner: any ApplicationOwner) {
        self.channel = channel
        self.owner = owner
    }

    // MARK: To the application

    func read() {
        guard !isReading, !hasEnded, !isOver else { return }
        isReading = true
        // Before that, SwiftNIO forgets it.
        if channel.isActive { channel.read() }
    }

    func write(_ bytes: ByteBuffer) {
        guard !isOver else { return }
        channel.write(bytes, promise: nil)
    }

    func flush(upTo position: UInt64) { afterWriting { $0.owner.applicationWrote(upTo: position) } }

    func finish(upTo position: UInt64) {
        afterWriting { application in
            application.isFinished = true
            application.channel.close(mode: .output, promise: nil)
            application.owner.applicationWrote(upTo: position)
        }
    }

    func reset(upTo position: UInt64, linger: TimeAmount) {
        // The application has ended both directions already.
        guard !isOver else { return owner.applicationWrote(upTo: position) }
        let timer = channel.eventLoop.scheduleTask(in: linger) { [self] in
            // The owner may be gone.
            guard !hasNoOwner else { return }
            // What is written after this fails, and reports nothing. The RST has been passed on, not all bytes before it.
            sendReset()
            owner.applicationWrote(upTo: position)
        }
        channel.writeAndFlush(ByteBuffer()).whenComplete { [self] result in
            // After a FIN nothing can be written: all was written before it.
            if case .failure = result, !isFinished { return }
            guard !isOver else { return }
            timer.cancel()
            sendReset()
            owner.applicationWrote(upTo: position)
        }
    }

    func end(isDone: Bool) {
        hasNoOwner = true
        guard !isOver else { return }
        if isDone {
            afterWriting { application in
                application.isOver = true
                application.channel.close(promise: nil)
            }
        } else {
            sendReset()
        }
    }

    /// Calls when the kernel has all that was written, and not at all if the application is gone.
    private func afterWriting(_ body: @escaping @Sendable (SocketApplication) -> Void) {
        guard !isOver else { return }
        channel.writeAndFlush(ByteBuffer()).whenSuccess { [self] in
            if !isOver { body(self) }
        }
    }

    private func sendReset() {
        guard !isOver else { return }
        isOver = true
        channel.closeWithReset()
    }

    // MARK: From the application

    func channelActive(context: ChannelHandlerContext) {
        if isReading { channel.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        owner.applicationSent(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        guard !isOver else { return }
        owner.applicationReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent, !hasEnded, !isOver else { return }
        hasEnded = true
        owner.applicationFinished()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isOver else { return }
        isOver = true
        owner.applicationReset()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard !isOver else { return }
        // Once our FIN is sent, NIO reports the application's FIN as the end of its channel. A RST has come as an error.
        if isFinished, !hasEnded {
            hasEnded = true
            owner.applicationFinished()
        } else if !(isFinished && hasEnded) {
            owner.applicationReset()
        }
        isOver = true
    }
}
