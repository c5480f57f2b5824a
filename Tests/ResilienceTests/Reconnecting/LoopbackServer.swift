import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// A server on loopback that hands each accepted connection to the test, and echoes what it receives, or is mute.
///
/// Until ``listen()`` its port is bound, so that no other program has it, and refuses connections.
final class LoopbackServer: Sendable {
    let port: Int
    /// Accepted connections, in order.
    let accepted: AsyncStream<any Channel>
    private let echoes: Bool
    private let descriptor: CInt
    private let continuation: AsyncStream<any Channel>.Continuation

    init(echoes: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw IOError(errnoCode: errno, reason: "bind") }
        self.descriptor = descriptor
        self.echoes = echoes
        port = Int(UInt16(bigEndian: address.sin_port))
        (accepted, continuation) = AsyncStream.makeStream()
    }

    /// Listens from now on, with TLS if a context is given.
    func listen(tls: NIOSSLContext? = nil) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [continuation, echoes] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(AnswerHandler(echoes: echoes))
                    continuation.yield(channel)
                }
            }
            .withBoundSocket(descriptor).get()
    }
}

/// Sends back what comes in, or nothing.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let echoes: Bool

    init(echoes: Bool) { self.echoes = echoes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if echoes { context.writeAndFlush(data, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension Channel {
    /// Ends the connection with a RST, and without TLS's own end. When it returns, the RST is at the other end.
    func reset() async throws {
        try await eventLoop.submit {
            _ = (self as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            if let tls = try? self.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
                tls.close(promise: nil)
            } else {
                self.close(promise: nil)
            }
        }.get()
        try await closeFuture.get()
    }
}
