import Glibc
import NIOCore
import NIOSOCKS

/// Greeting and request of a connection to the SOCKS5 port (RFC 1928). The bytes are read by NIOSOCKS' parser, the handler
/// before this one. With the request, ``SOCKSGate`` takes the place of both.
final class SOCKSConversation: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ClientMessage
    typealias OutboundOut = ServerMessage

    /// Greeting and request must come within this time.
    private static let patience = TimeAmount.seconds(10)

    private let parser: SOCKSServerHandshakeHandler
    private let begin: @Sendable (any Channel, HostPort, SOCKSGate) -> Void
    private let refuse: @Sendable (String) -> Void
    private var isOver = false
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - begin: Carries the channel to a target.
    ///   - refuse: Receives why there is no stream.
    init(
        parser: SOCKSServerHandshakeHandler, begin: @escaping @Sendable (any Channel, HostPort, SOCKSGate) -> Void,
        refuse: @escaping @Sendable (String) -> Void
    ) {
        self.parser = parser
        self.begin = begin
        self.refuse = refuse
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: SOCKSConversation.patience) {
            let (conversation, context) = bound.value
            let seconds = SOCKSConversation.patience.nanoseconds / 1_000_000_000
            conversation.end(context, "no SOCKS5 request within \(seconds) s")
        }
        context.fireChannelActive()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !isOver { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            end(context, "the application closed its connection before its request")
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .greeting(let greeting):
            let isOpen = greeting.methods.contains(.noneRequired)
            let method = SelectedAuthenticationMethod(method: isOpen ? .noneRequired : .noneAcceptable)
            context.writeAndFlush(wrapOutboundOut(.selectedAuthenticationMethod(method)), promise: nil)
            guard isOpen else {
                return end(context, "the application insists on a login, which this port does not have")
            }
            // The request may have come with the greeting. The parser looks again only when something is read.
            context.pipeline.fireChannelRead(ByteBuffer())
        case .request(let request):
            received(request, context)
        case .authenticationData:
            end(context, "unexpected data")
        }
    }

    private func received(_ request: SOCKSRequest, _ context: ChannelHandlerContext) {
        guard request.command == .connect else {
            return answer(context, .commandUnsupported, "command \(request.command.value) is not CONNECT")
        }
        let target: HostPort
        switch request.addressType {
        case .address(let address):
            guard let ip = IPAddress(address), let port = address.port.flatMap({ UInt16(exactly: $0) }), port > 0 else {
                return answer(context, .addressUnsupported, "no address")
            }
            target = HostPort(host: ip.description, port: port)
        case .domain(let name, let port):
            do throws(ResumeProblem) {
                let host = IPAddress(name).map { $0.isIPv6 ? "[\($0)]" : "\($0)" } ?? name
                target = try HostPort.parse("\(host):\(port)")
            } catch {
                return answer(context, .addressUnsupported, error.message)
            }
        }
        isOver = true
        timer?.cancel()
        let gate = SOCKSGate()
        let channel = context.channel
        do {
            try channel.pipeline.syncOperations.addHandler(gate)
        } catch {
            channel.close(promise: nil)
            return
        }
        // What came behind the request goes to the gate.
        channel.pipeline.syncOperations.removeHandler(self, promise: nil)
        channel.pipeline.syncOperations.removeHandler(parser, promise: nil)
        begin(channel, target, gate)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as SOCKSError.InvalidAddressType:
            answer(context, .addressUnsupported, "address type \(error.actual)")
        case let error as SOCKSError.InvalidProtocolVersion:
            end(context, "its first byte is \(error.actual), so it is not SOCKS5: set the application to SOCKS5")
        default:
            end(context, "\(error)")
        }
    }

    /// Answers the request, and closes the connection.
    private func answer(_ context: ChannelHandlerContext, _ reply: SOCKSServerReply, _ why: String) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        refuse(why)
        let channel = context.channel
        // The parser would not write an answer after an error.
        channel.pipeline.syncOperations.removeHandler(self, promise: nil)
        channel.pipeline.syncOperations.removeHandler(parser, promise: nil)
        channel.writeAndFlush(SOCKSGate.answer(reply), promise: nil)
        channel.close(promise: nil)
    }

    private func end(_ context: ChannelHandlerContext, _ why: String) {
        guard !isOver else { return }
        isOver = true
        timer?.cancel()
        refuse(why)
        context.close(promise: nil)
    }
}
