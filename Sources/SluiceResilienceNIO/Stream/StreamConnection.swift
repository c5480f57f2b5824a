import NIOCore
import NIOSSL
import NIOTLS
import SluiceResilience

/// What owns a connection and receives its events, on its own event loop.
protocol ConnectionOwner: AnyObject, Sendable {
    var eventLoop: any EventLoop { get }

    /// TLS is complete.
    func secured(_ connection: StreamConnection)
    func received(_ bytes: ByteBuffer, on connection: StreamConnection)
    func readComplete(on connection: StreamConnection)
    func writabilityChanged(on connection: StreamConnection)
    /// The connection is gone. ``StreamConnection/error`` may say why.
    func lost(_ connection: StreamConnection)
}

/// One TLS connection of a stream: the last handler of its pipeline.
///
/// Its state belongs to the event loop of its channel. A server's stream may be on another one: then events are passed
/// on in their order.
final class StreamConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    /// The client's number of the connection, or the server's.
    let number: Int
    let channel: any Channel
    private let exporter: TLSExporter
    private var owner: (any ConnectionOwner)?
    /// What went wrong with the connection.
    private(set) var error: (any Error)?
    /// What TLS negotiated.
    private(set) var applicationProtocol: String?
    /// The certificate of the other end.
    private(set) var peerCertificate: NIOSSLCertificate?
    /// Keying material that only the two ends of this connection have. Empty before TLS is complete.
    private(set) var material: [UInt8] = []

    init(number: Int, channel: any Channel, exporter: TLSExporter, owner: any ConnectionOwner) {
        self.number = number
        self.channel = channel
        self.exporter = exporter
        self.owner = owner
    }

    /// From now on another object gets the events. To be called on the channel's event loop.
    func hand(to owner: any ConnectionOwner) { self.owner = owner }

    /// Sends a welcome, without or with the proof that it already has.
    func send(_ welcome: Welcome) {
        var sink = BufferSink(buffer: ByteBuffer())
        welcome.encode(into: &sink)
        channel.writeAndFlush(sink.buffer, promise: nil)
    }

    /// Closes the connection. What was written before is sent.
    func close() { channel.close(promise: nil) }

    // MARK: Events of the channel

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? TLSUserEvent {
        case .handshakeCompleted(let negotiated)?:
            applicationProtocol = negotiated
            material = exporter.keyingMaterial(label: StreamProofs.label, length: StreamProofs.materialBytes) ?? []
            peerCertificate = try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self).peerCertificate
            pass { $0.secured(self) }
        case .shutdownCompleted?, nil:
            // The other end closed the connection: it is lost, whatever it has still to say.
            if case .inputClosed? = event as? ChannelEvent { channel.close(promise: nil) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        pass { $0.received(bytes, on: self) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { pass { $0.readComplete(on: self) } }
    func channelWritabilityChanged(context: ChannelHandlerContext) { pass { $0.writabilityChanged(on: self) } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A connection that ends without TLS's close is as lost as any other.
        if case NIOSSLError.uncleanShutdown? = error as? NIOSSLError {
        } else {
            self.error = self.error ?? (channel.isItsOwnPeer ? ItsOwnPeer() : error)
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pass { $0.lost(self) }
        owner = nil
    }

    private func pass(_ event: @escaping @Sendable (any ConnectionOwner) -> Void) {
        guard let owner else { return }
        if owner.eventLoop.inEventLoop {
            event(owner)
        } else {
            owner.eventLoop.execute { event(owner) }
        }
    }
}
