import Glibc
import NIOCore
import NIOSOCKS
import SluiceResilience

/// Stands between an application that waits for SOCKS' answer and its stream, which is being begun.
///
/// It holds back what the stream asks of the channel: reads, because an impatient application's bytes can wait in the
/// kernel, and the reset of a stream that failed, because the application gets SOCKS' answer instead. And it holds back
/// what the application sent early, in its order.
final class SOCKSGate: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var isOpen = false
    private var early: [ByteBuffer] = []
    private var hasEarlyEnd = false
    private var hasHeldBackRead = false
    private var heldBackClose: EventLoopPromise<Void>?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = true
        heldBackClose?.succeed()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOpen { return context.fireChannelRead(data) }
        let bytes = unwrapInboundIn(data)
        if bytes.readableBytes > 0 { early.append(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isOpen { context.fireChannelReadComplete() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if !isOpen, case ChannelEvent.inputClosed? = event as? ChannelEvent {
            hasEarlyEnd = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func read(context: ChannelHandlerContext) {
        if isOpen { context.read() } else { hasHeldBackRead = true }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if isOpen { return context.close(mode: mode, promise: promise) }
        if let promise, let earlier = heldBackClose {
            earlier.futureResult.cascade(to: promise)
        } else {
            heldBackClose = promise ?? heldBackClose
        }
    }

    /// The stream has begun. Nothing of the target's data has been written yet.
    func begun() {
        guard !isOpen, let context else { return }
        isOpen = true
        context.writeAndFlush(wrapOutboundOut(SOCKSGate.answer(.succeeded)), promise: nil)
        for bytes in early { context.fireChannelRead(wrapInboundOut(bytes)) }
        if !early.isEmpty {
            early = []
            context.fireChannelReadComplete()
        } else if hasHeldBackRead {
            context.read()
        }
        if hasEarlyEnd { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }

    /// The stream has ended. If it never began, the application gets the reason.
    func ended(_ cause: StreamCause) {
        guard !isOpen, let context else { return }
        isOpen = true
        if let options = context.channel as? any SocketOptionProvider {
            // The stream prepared a reset.
            _ = options.setSoLinger(linger(l_onoff: 0, l_linger: 0))
        }
        context.writeAndFlush(wrapOutboundOut(SOCKSGate.answer(SOCKSGate.reply(cause))), promise: nil)
        context.close(promise: heldBackClose)
        heldBackClose = nil
    }

    /// What an application is answered (RFC 1928, 6).
    static func reply(_ cause: StreamCause) -> SOCKSServerReply {
        switch cause {
        case .targetDenied: .notAllowed
        case .targetUnreachable: .hostUnreachable
        case .patience: .networkUnreachable
        case .done, .shutdown, .protocolError, .offsetOutside, .unknownStream, .full, .notAuthenticated, .resetLinger:
            .serverFailure
        }
    }

    /// An answer, whose address has no meaning here: the server's socket is on another machine.
    static func answer(_ reply: SOCKSServerReply) -> ByteBuffer {
        ByteBuffer(bytes: [5, reply.value, 0, 1, 0, 0, 0, 0, 0, 0])
    }
}
