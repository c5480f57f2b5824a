import NIOCore
import NIOEmbedded
import SluiceResilience
import Testing

@testable import Resume

/// What stands between an application that waits for SOCKS' answer and its stream.
@Suite struct SOCKSGateTests {
    /// The stream's side: what it gets from the application, in order.
    private final class Stream: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        var events: [String] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            events.append(String(buffer: unwrapInboundIn(data)))
        }
        func channelReadComplete(context: ChannelHandlerContext) { events.append("complete") }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed? = event as? ChannelEvent { events.append("end") }
        }
        func channelInactive(context: ChannelHandlerContext) { events.append("inactive") }
    }

    /// The channel's side: what is asked of it.
    private final class Requests: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var requests: [String] = []

        func read(context: ChannelHandlerContext) {
            requests.append("read")
            context.read()
        }
        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            requests.append("close")
            context.close(mode: mode, promise: promise)
        }
    }

    private func bed() throws -> (channel: EmbeddedChannel, gate: SOCKSGate, stream: Stream, requests: Requests) {
        let (gate, stream, requests) = (SOCKSGate(), Stream(), Requests())
        let channel = EmbeddedChannel(handlers: [requests, gate, stream])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        requests.requests = []
        return (channel, gate, stream, requests)
    }

    private func answer(_ channel: EmbeddedChannel) throws -> [UInt8] {
        try channel.readOutbound(as: ByteBuffer.self).map { [UInt8]($0.readableBytesView) } ?? []
    }

    @Test("RESUME-2 early bytes and an early FIN reach the stream after the answer, in their order")
    func early() throws {
        let (channel, gate, stream, requests) = try bed()
        channel.read()
        try channel.writeInbound(ByteBuffer(string: "one"))
        try channel.writeInbound(ByteBuffer(string: "two"))
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(stream.events.isEmpty && requests.requests.isEmpty)
        gate.begun()
        #expect(try answer(channel) == [5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        #expect(stream.events == ["one", "two", "complete", "end"])
        gate.begun()
        gate.ended(.targetDenied)
        #expect(try answer(channel).isEmpty, "one answer")
        channel.read()
        #expect(requests.requests == ["read"])
        try channel.writeInbound(ByteBuffer(string: "three"))
        #expect(stream.events.suffix(2) == ["three", "complete"])
    }

    @Test("RESUME-2 a read that was held back is made up for")
    func heldBackRead() throws {
        let (channel, gate, _, requests) = try bed()
        channel.read()
        #expect(requests.requests.isEmpty)
        gate.begun()
        #expect(requests.requests == ["read"])
    }

    @Test(
        "RESUME-2 a stream that failed is answered with its cause before the connection is closed",
        arguments: [
            (StreamCause.targetDenied, UInt8(2)), (.targetUnreachable, 4), (.patience, 3), (.full, 1),
            (.notAuthenticated, 1),
            (.shutdown, 1),
        ])
    func failure(cause: StreamCause, code: UInt8) throws {
        let (channel, gate, stream, requests) = try bed()
        let closed = channel.close()
        #expect(requests.requests.isEmpty, "the reset of the stream is held back")
        gate.ended(cause)
        #expect(try answer(channel) == [5, code, 0, 1, 0, 0, 0, 0, 0, 0])
        #expect(requests.requests == ["close"])
        channel.embeddedEventLoop.run()
        try closed.wait()
        #expect(stream.events == ["inactive"])
    }
}
