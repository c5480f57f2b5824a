import NIOCore

/// A local connection until it is active: then its stream begins.
final class AcceptedApplication: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let begin: @Sendable (any Channel) -> Void

    init(_ begin: @escaping @Sendable (any Channel) -> Void) { self.begin = begin }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        let channel = context.channel
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        begin(channel)
    }
}
