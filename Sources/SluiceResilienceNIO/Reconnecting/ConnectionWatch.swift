import NIOCore
import NIOTLS

/// In a connection's pipeline, after TLS and before the application's handlers: notes how the connection ends, and when
/// it was last used.
///
/// Confined to the channel's event loop; that is why it may be declared `Sendable`.
final class ConnectionWatch<Connection: Sendable>: ChannelDuplexHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let attempt: Int
    /// What the application has made of the channel.
    var connection: Connection?
    /// The first error: later ones follow from it.
    private(set) var error: (any Error)?
    private(set) var isClosedHere = false
    /// Whether application data may be sent: at once without TLS, after the handshake with it.
    private(set) var isSecured: Bool
    private(set) var isInactive = false
    private(set) var lastUse = ContinuousClock.now
    private let core: ReconnectCore<Connection>

    init(attempt: Int, awaitsHandshake: Bool, core: ReconnectCore<Connection>) {
        self.attempt = attempt
        isSecured = !awaitsHandshake
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastUse = .now
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        lastUse = .now
        // A write can be the first to notice a reset. SwiftNIO then closes the channel without an error in the pipeline.
        let promise = promise ?? context.eventLoop.makePromise()
        promise.futureResult.whenFailure { if $0 is IOError { self.note($0) } }
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all, error == nil { isClosedHere = true }
        context.close(mode: mode, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note(error)
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            isSecured = true
            core.secured(self)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInactive = true
        core.inactive(self)
        context.fireChannelInactive()
    }

    private func note(_ error: any Error) {
        if !isClosedHere { self.error = self.error ?? error }
    }
}
