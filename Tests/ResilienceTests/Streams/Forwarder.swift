import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Forwards TCP connections to a port on loopback, and can reset them, hold them, or refuse new ones.
final class Forwarder: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isRefusing = false
        var isSilent = false
        var bytes = 0
    }

    private let state = Mutex(State())
    private let listener = Mutex<(any Channel)?>(nil)
    let port: Int

    init(to target: Int, group: any EventLoopGroup) async throws {
        let state = Box<Forwarder?>(nil)
        let channel = try await ServerBootstrap(group: group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // The channel can't be read before it is active.
                    try channel.pipeline.syncOperations.addHandler(
                        WhenActive { state.value?.accept(channel, target) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
        listener.withLock { $0 = channel }
        state.value = self
    }

    /// A value that is set once its reader exists.
    private final class Box<Value: Sendable>: Sendable {
        private let stored: Mutex<Value>
        init(_ value: Value) { stored = Mutex(value) }
        var value: Value {
            get { stored.withLock { $0 } }
            set { stored.withLock { $0 = newValue } }
        }
    }

    private func accept(_ channel: any Channel, _ target: Int) {
        guard !state.withLock({ $0.isRefusing }) else { return Forwarder.reset(channel) }
        ClientBootstrap(group: channel.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .whenSuccess { [self] other in
                do {
                    try channel.pipeline.syncOperations.addHandler(Half(other, self))
                    try other.pipeline.syncOperations.addHandler(Half(channel, self))
                } catch {
                    return Forwarder.reset(other)
                }
                state.withLock {
                    $0.channels[ObjectIdentifier(channel)] = channel
                    $0.channels[ObjectIdentifier(other)] = other
                }
                channel.read()
                other.read()
            }
    }

    private final class WhenActive: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }

        func channelActive(context: ChannelHandlerContext) { body() }
    }

    /// Bytes that were forwarded in both directions.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Resets all connections at both ends. What is on its way is lost.
    func cut() {
        let channels = state.withLock { state in
            defer { state.channels = [:] }
            return Array(state.channels.values)
        }
        for channel in channels { channel.eventLoop.execute { Forwarder.reset(channel) } }
    }

    /// New connections are reset.
    var isRefusing: Bool {
        get { state.withLock { $0.isRefusing } }
        set { state.withLock { $0.isRefusing = newValue } }
    }

    /// What comes from now on is swallowed.
    var isSilent: Bool {
        get { state.withLock { $0.isSilent } }
        set { state.withLock { $0.isSilent = newValue } }
    }

    private static func reset(_ channel: any Channel) {
        if let options = channel as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        channel.close(promise: nil)
    }

    private final class Half: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let forwarder: Forwarder

        init(_ other: any Channel, _ forwarder: Forwarder) {
            self.other = other
            self.forwarder = forwarder
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            let isSilent = forwarder.state.withLock { state in
                state.bytes += bytes.readableBytes
                return state.isSilent
            }
            let channel = context.channel
            guard !isSilent else { return channel.read() }
            other.writeAndFlush(bytes).whenComplete { _ in channel.read() }
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { Forwarder.reset(other) }
    }
}
