import NIOCore
import NIOHTTP1

/// Serves one connection of a control client: collects a request, answers it, and goes on; or streams events.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: RelayControlServer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isTooLong = false
    private var subscription: Int?

    init(_ server: RelayControlServer) { self.server = server }

    func channelActive(context: ChannelHandlerContext) {
        if server.opened() { context.fireChannelActive() } else { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        server.closed()
        if let subscription { server.unsubscribe(subscription) }
        subscription = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent, subscription == nil { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard subscription == nil else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
            isTooLong = false
        case .body(let buffer):
            if body.count + buffer.readableBytes > server.relay.limits.bodyBytes {
                isTooLong = true
                body = []
            } else if !isTooLong {
                body += buffer.readableBytesView
            }
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context: context)
            body = []
        }
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let path = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        let userAgent = head.headers.first(name: "user-agent") ?? ""
        if path == RelayAPI.eventsPath, head.method == .GET, !userAgent.hasPrefix("Mozilla/") {
            return stream(head, context: context)
        }
        let response: RelayResponse
        if isTooLong {
            response = .problem(
                RelayProblem(
                    "bad request body: longer than \(server.relay.limits.bodyBytes) bytes", status: 413))
        } else {
            response = server.api.respond(
                RelayRequest(method: head.method.rawValue, path: String(path), userAgent: userAgent, body: body))
        }
        write(response, head, context: context)
    }

    private func write(_ response: RelayResponse, _ head: HTTPRequestHead, context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        if let type = response.contentType { headers.add(name: "Content-Type", value: type) }
        // As Go's http.Error.
        if response.status >= 400, response.contentType?.hasPrefix("text/plain") == true {
            headers.add(name: "X-Content-Type-Options", value: "nosniff")
        }
        if response.status != 204 { headers.add(name: "Content-Length", value: String(response.body.utf8.count)) }
        // After a request that offers another protocol, as Java's client does with HTTP/2, NIO parses nothing more.
        let isKept = head.isKeepAlive && !head.headers.contains(name: "upgrade")
        if !isKept { headers.add(name: "Connection", value: "close") }
        let answer = HTTPResponseHead(
            version: head.version, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(answer)), promise: nil)
        if !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: response.body)))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if !isKept { channel.close(promise: nil) }
        }
    }

    /// Server-sent events, until the client goes. One that does not read is dropped.
    private func stream(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        let channel = context.channel
        let subscription = server.subscribe { event in
            guard channel.isWritable else { return channel.close(promise: nil) }
            let text = "event: \(event.kind.rawValue)\ndata: \(event.value.text)\n\n"
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
        }
        guard let subscription else {
            let problem = RelayProblem.tooMany("streams of events", limit: server.relay.limits.eventStreams)
            return write(.problem(problem), head, context: context)
        }
        self.subscription = subscription
        let headers: HTTPHeaders = ["Content-Type": "text/event-stream", "Cache-Control": "no-store"]
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .ok, headers: headers))), promise: nil
        )
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: ": events\n\n")))), promise: nil)
    }
}
