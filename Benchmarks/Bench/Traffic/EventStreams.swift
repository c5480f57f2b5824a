import Glibc

/// Many clients of `GET /v1/events/stream`, each with its own connection.
final class EventStreams {
    private let sockets: [StreamSocket]

    /// Opens them, and waits for the response header of each.
    init(_ count: Int, in place: NetworkPlace, port: UInt16) throws {
        try Self.allowDescriptors(count + 100)
        let sockets = try place.visit { try (0..<count).map { _ in try StreamSocket.unconnected() } }
        let request = Array("GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8)
        for socket in sockets {
            try StopRequest.check()
            try socket.connect(to: 0x7f00_0001, port: port)
            try request.withUnsafeBytes { try socket.send($0) }
            let answer = try socket.receive(untilText: "\r\n\r\n", withinSeconds: 5)
            guard answer.hasPrefix("HTTP/1.1 200 ") else {
                throw BenchError.answer(of: "GET /v1/events/stream", was: answer)
            }
        }
        self.sockets = sockets
    }

    /// Waits until every client has received `text`.
    func receive(_ text: String, withinSeconds limit: Int) throws {
        for socket in sockets { _ = try socket.receive(untilText: text, withinSeconds: limit) }
    }

    private static func allowDescriptors(_ count: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < rlim_t(count) else { return }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur >= rlim_t(count)
        else {
            throw BenchError.system(call: "room for \(count) open files", reason: reason())
        }
    }
}
