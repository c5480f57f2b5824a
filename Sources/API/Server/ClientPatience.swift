import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Limits the time of a client for a request, and again for receiving the answer. The connection of a client that takes
/// longer is closed (API-5).
///
/// A stream of events has no end, so this limit does not apply to it.
final class ClientPatience: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// After a request that was not read to its end, the connection stays open for this long, so that the answer
    /// reaches the client.
    private static let lingering = TimeAmount.milliseconds(500)

    /// A client gets this multiple of the time for one piece of a stream.
    private static let streamPatience: Int64 = 6

    private let patience: TimeAmount
    private let connections: Connections
    private var timer: Scheduled<Void>?
    private var closesAfterAnswer = false
    private var isAdmitted = false
    private var isStream = false
    /// Pieces of a stream that the client has not received.
    private var untaken = 0

    init(patience: TimeAmount, connections: Connections) {
        self.patience = patience
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) {
            // The time to compute the answer does not count. The client's time continues when the answer is ready.
            timer?.cancel()
            timer = nil
            connections.waits(context.channel, since: nil)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closesAfterAnswer = head.headerFields[.connection]?.lowercased() == "close"
            isStream = head.headerFields[.contentType] == Answer.eventStreamType
            if !isStream { start(context, patience) }
        case .body where isStream: return writePiece(context, data, promise)
        case .body: break
        case .end:
            connections.waits(context.channel, since: NIODeadline.now().uptimeNanoseconds)
            start(context, closesAfterAnswer ? Self.lingering : patience)
        }
        context.write(data, promise: promise)
    }

    /// A stream may wait for the next event without a limit, but not for a client that does not read.
    private func writePiece(_ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
        let taken = promise ?? context.eventLoop.makePromise()
        untaken += 1
        if untaken == 1 { start(context, .nanoseconds(patience.nanoseconds * Self.streamPatience)) }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        taken.futureResult.whenComplete { _ in
            let handler = handler.value
            handler.untaken -= 1
            if handler.untaken == 0, handler.isStream {
                handler.timer?.cancel()
                handler.timer = nil
            }
        }
        context.write(data, promise: taken)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard !isAdmitted else { return }
        guard connections.admit(context.channel, now: NIODeadline.now().uptimeNanoseconds) else {
            context.close(promise: nil)
            return
        }
        isAdmitted = true
        start(context, patience)
    }

    private func end(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        connections.remove(context.channel)
    }

    private func start(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        timer?.cancel()
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
