import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Gives a client so much time for a request, and again to take its answer; whoever takes longer loses the connection (API-5).
///
/// A stream of events has no end, so it has no such time either.
final class ClientPatience: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long the connection of a client whose request was not read to its end is kept, so that the answer reaches it.
    private static let lingering = TimeAmount.milliseconds(500)

    /// As many times as much has a client for a piece of a stream.
    private static let streamPatience: Int64 = 6

    private let patience: TimeAmount
    private let connections: Connections
    private var timer: Scheduled<Void>?
    private var closesAfterAnswer = false
    private var isAdmitted = false
    private var isStream = false
    /// Pieces of a stream that the client has not taken.
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
            // The answer takes as long as it takes; the client's time goes on when there is one.
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

    /// A stream waits for what is to be told, but not for a client that does not take it.
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
