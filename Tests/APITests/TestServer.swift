import Glibc
import HTTPTypes
import NIOPosix
import Policy

@testable import API
@testable import Gateway

/// The server with routes for tests, in this process, on its own loopback port.
final class TestServer {
    let port: UInt16
    let tokens = APITokens(read: String(repeating: "r", count: 64), admin: String(repeating: "a", count: 64))
    private let task: Task<Void, any Error>
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init(limits: APISettings.Limits = .init(), routes: [Route]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 512) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        precondition(status, "no listening socket: \(errno)")
        port = UInt16(bigEndian: address.sin_port)
        let settings = APISettings(
            address: NetworkAddress(family: .ipv4, value: 0x7F00_0001), port: port, limits: limits)
        let responder = Responder(
            routes: RouteTable(routes: routes), hosts: HostCheck(settings: settings),
            authorization: Authorization(tokens: tokens, isReadingOpen: true),
            rate: RequestRate(perSecond: limits.requestsPerSecond), requestBytes: limits.requestBytes)
        let service = HTTPService(limits: limits, tls: nil, responder: responder)
        let group = group
        task = Task { try await service.run(listener: listener, group: group) }
    }

    deinit {
        task.cancel()
        group.shutdownGracefully { _ in }
    }

    func connect() -> TestClient { TestClient(port: port) }

    /// Sends a request, and reads its answer until the connection or the body ends.
    func exchange(_ text: String) -> String {
        let client = connect()
        client.send(text)
        return client.receive()
    }

    /// The head of a request: `GET /x HTTP/1.1`, the right host, and additional lines.
    func head(_ first: String, _ lines: String...) -> String {
        ([first + " HTTP/1.1", "Host: 127.0.0.1:\(port)"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    }
}

/// A client that can send anything.
final class TestClient {
    let descriptor: Int32

    init(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        precondition(status == 0, "no connection: \(errno)")
    }

    deinit { close(descriptor) }

    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Received bytes until the other end closes, or nothing has arrived for the given time.
    func receive(patienceMilliseconds: Int = 10_000, until isEnough: (String) -> Bool = TestClient.isWhole) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&wait, 1, Int32(patienceMilliseconds)) > 0 {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            if isEnough(String(decoding: bytes, as: UTF8.self)) { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the other end has closed within the given time; received bytes are ignored.
    func isClosed(within milliseconds: Int) -> Bool {
        var waited = 0
        var buffer = [UInt8](repeating: 0, count: 65536)
        while waited < milliseconds {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&wait, 1, 50) > 0, recv(descriptor, &buffer, buffer.count, 0) <= 0 { return true }
            waited += 50
        }
        return false
    }

    /// Whether an answer is complete, according to its Content-Length.
    static func isWhole(_ text: String) -> Bool {
        guard let end = text.firstRange(of: "\r\n\r\n") else { return false }
        let head = text[..<end.lowerBound].lowercased()
        guard let mark = head.firstRange(of: "content-length: ") else { return false }
        let length = Int(head[mark.upperBound...].prefix { $0.isNumber }) ?? 0
        return text[end.upperBound...].utf8.count >= length
    }
}
