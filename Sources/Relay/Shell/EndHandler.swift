import NIOCore

/// One end of a relayed connection, in its channel's pipeline: hands everything to the connection.
final class EndHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: RelayedConnection
    private let side: RelayedConnection.Side

    init(_ connection: RelayedConnection, _ side: RelayedConnection.Side) {
        self.connection = connection
        self.side = side
    }

    func channelActive(context: ChannelHandlerContext) { connection.active(side) }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.received(unwrapInboundIn(data), side) }
    func channelReadComplete(context: ChannelHandlerContext) { connection.readComplete(side) }
    func channelWritabilityChanged(context: ChannelHandlerContext) { connection.writabilityChanged(side) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { connection.failed(side) }
    func channelInactive(context: ChannelHandlerContext) { connection.inactive(side) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { connection.inputClosed(side) }
    }
}
