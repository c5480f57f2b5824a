import Gateway
import HTTPTypes
import HummingbirdCore
import NIOCore
import Policy

/// Answers requests: checks client, target and rights, and calls the route.
struct Responder: Sendable {
    let routes: RouteTable
    let hosts: HostCheck
    let authorization: Authorization
    let rate: RequestRate
    let requestBytes: Int

    /// A response, ready to be sent.
    struct Reply: Sendable {
        var head: HTTPResponse
        var body: ResponseBody
    }

    func reply(to request: Request, on channel: any Channel) async -> Reply {
        var isRead = false
        var answer: Answer
        do throws(Problem) {
            answer = try await self.answer(request, on: channel, isRead: &isRead)
        } catch {
            answer = Answer(error)
        }
        if !isRead, Self.hasBody(request) { answer.headers[.connection] = "close" }
        Self.addSecurity(to: &answer.headers)
        return Self.reply(answer, isHead: request.method == .head)
    }

    /// - Parameter isRead: whether the request's body was read to its end.
    private func answer(
        _ request: Request, on channel: any Channel, isRead: inout Bool
    ) async throws(Problem) -> Answer {
        let client = channel.remoteAddress?.ipAddress ?? "unknown"
        if let seconds = rate.take(client, now: NIODeadline.now().uptimeNanoseconds) {
            var problem = Problem(
                .tooManyRequests, "more requests than this gateway allows a client",
                remedy: "wait \(seconds) s, or raise api.limits.requestsPerSecond")
            problem.retryAfterSeconds = seconds
            throw problem
        }
        try hosts.check(request.head.authority)
        let target = try Target(parsing: request.head.path ?? "")
        let (route, parameters) = try routes.find(request.method, target.path)
        let header = request.headers[.authorization]
        let identity = try authorization.identity(header)
        try authorization.check(route.right, identity)
        let body = try await body(of: request)
        isRead = true
        let call = Call(
            parameters: parameters, query: target.query, headers: request.headers, body: body,
            token: identity == .admin ? authorization.tokens.admin : nil, isConnected: { channel.isActive })
        return try await route.answer(call)
    }

    private func body(of request: Request) async throws(Problem) -> [UInt8] {
        let tooLarge = Problem(
            .tooLarge, "a request's body has at most \(requestBytes) bytes",
            remedy: "send less, or raise api.limits.requestBytes")
        if let text = request.headers[.contentLength], let length = Int(text), length > requestBytes { throw tooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: requestBytes)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch {
            throw Problem(.badRequest, "the body is incomplete", remedy: "send the request again")
        }
        guard buffer.readableBytes > 0 else { return [] }
        let type = request.headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard type.trimming() == Answer.jsonType else {
            throw Problem(
                .unsupportedMediaType, "the body is of type '\(type)'", remedy: "send Content-Type: application/json")
        }
        return Array(buffer.readableBytesView)
    }

    private static func hasBody(_ request: Request) -> Bool {
        request.headers[.transferEncoding] != nil || (request.headers[.contentLength].flatMap { Int($0) } ?? 0) > 0
    }

    /// Headers that keep browsers from using an answer for other purposes.
    private static func addSecurity(to headers: inout HTTPFields) {
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        headers[.xContentTypeOptions] = "nosniff"
        if let policy = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[policy] = "same-origin" }
        if let policy = HTTPField.Name("Referrer-Policy") { headers[policy] = "no-referrer" }
        if headers[.contentSecurityPolicy] == nil {
            headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        }
    }

    private static func reply(_ answer: Answer, isHead: Bool) -> Reply {
        var headers = answer.headers
        let status = HTTPResponse.Status(code: answer.status)
        switch answer.content {
        case .bytes(let bytes):
            if answer.status != 304 { headers[.contentLength] = "\(bytes.count)" }
            let body = isHead || bytes.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
            return Reply(head: HTTPResponse(status: status, headerFields: headers), body: body)
        case .stream(let write):
            let body = isHead ? ResponseBody() : ResponseBody { writer in try await write(&writer) }
            return Reply(head: HTTPResponse(status: status, headerFields: headers), body: body)
        }
    }
}

extension String {
    fileprivate func trimming() -> Substring {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}
