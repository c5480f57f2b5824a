import NIOCore
import NIOPosix

/// The least that a relay with SwiftNIO can be: it copies both ways, as fast as the slower end takes it. What the relay
/// costs beside this is its own.
///
///     relay-copy-loop PORT UPSTREAM-HOST UPSTREAM-PORT
@main
struct RelayCopyLoop {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count == 4, let port = Int(words[1]), let upstreamPort = Int(words[3]) else {
            print("relay-copy-loop PORT UPSTREAM-HOST UPSTREAM-PORT")
            return
        }
        let host = words[2]
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let listener = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture {
                    let ends = (Copying(), Copying())
                    ends.0.peer = ends.1
                    ends.1.peer = ends.0
                    try client.pipeline.syncOperations.addHandler(ends.0)
                    let other = NIOLoopBound(ends.1, eventLoop: client.eventLoop)
                    ClientBootstrap(group: client.eventLoop)
                        .channelOption(.autoRead, value: false)
                        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try channel.pipeline.syncOperations.addHandler(other.value)
                            }
                        }
                        .connect(host: host, port: upstreamPort)
                        .whenComplete { result in
                            guard case .success(let channel) = result else { return client.close(promise: nil) }
                            client.read()
                            channel.read()
                        }
                }
            }
            .bind(host: "127.0.0.1", port: port).wait()
        try listener.closeFuture.wait()
    }
}

/// One end: what it reads goes to its peer.
private final class Copying: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    weak var peer: Copying?
    private var channel: (any Channel)?
    private var isWaiting = false

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        peer?.channel?.write(unwrapInboundIn(data), promise: nil)
    }
    func channelReadComplete(context: ChannelHandlerContext) {
        peer?.channel?.flush()
        if peer?.channel?.isWritable == true { context.read() } else { isWaiting = true }
    }
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, peer?.isWaiting == true else { return }
        peer?.isWaiting = false
        peer?.channel?.read()
    }
    /// Closes the other end after all that was read is written.
    func channelInactive(context: ChannelHandlerContext) {
        guard let other = peer?.channel else { return }
        other.writeAndFlush(ByteBuffer()).whenComplete { _ in other.close(promise: nil) }
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
