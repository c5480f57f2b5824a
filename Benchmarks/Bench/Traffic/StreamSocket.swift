import Glibc

/// A blocking TCP socket in one namespace, with a timeout of a few seconds.
final class StreamSocket {
    private let descriptor: Int32

    private static let limitSeconds = 5

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    private static func make() throws -> StreamSocket {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchError.system(call: "socket", reason: reason()) }
        let socket = StreamSocket(descriptor: descriptor)
        var limit = timeval(tv_sec: limitSeconds, tv_usec: 0)
        let bytes = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, bytes)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, bytes)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        return socket
    }

    /// Call it in the namespace in which the socket is to listen.
    static func listening(port: UInt16) throws -> StreamSocket {
        let socket = try make()
        let result = withAddress(0, port) { bind(socket.descriptor, $0, $1) }
        guard result == 0, listen(socket.descriptor, 128) == 0 else {
            throw BenchError.system(call: "listening on port \(port)", reason: reason())
        }
        return socket
    }

    /// Call it in the namespace in which the connection is to begin. ``connect(to:port:)`` may be called anywhere.
    static func unconnected() throws -> StreamSocket { try make() }

    func connect(to address: UInt32, port: UInt16) throws {
        guard Self.withAddress(address, port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw BenchError.system(call: "connecting to port \(port)", reason: reason())
        }
    }

    func accept() throws -> StreamSocket {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw BenchError.system(call: "accept", reason: reason()) }
        return StreamSocket(descriptor: accepted)
    }

    func send(_ bytes: UnsafeRawBufferPointer) throws {
        guard Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw BenchError.system(call: "send", reason: reason())
        }
    }

    /// Receives exactly as many bytes as the buffer has room for.
    func receive(_ bytes: UnsafeMutableRawBufferPointer) throws {
        guard recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_WAITALL)) == bytes.count else {
            throw BenchError.system(call: "receive", reason: reason())
        }
    }

    /// Receives until `text` has arrived, and returns everything received.
    func receive(untilText text: String, withinSeconds limit: Int) throws -> String {
        let wanted = Array(text.utf8)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        let deadline = CPUMeter.nanoseconds(CLOCK_MONOTONIC) + limit * 1_000_000_000
        while CPUMeter.nanoseconds(CLOCK_MONOTONIC) < deadline {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                throw BenchError.system(call: "receive", reason: count == 0 ? "the other end has closed" : reason())
            }
            received += buffer[..<count]
            if received.indices.contains(where: { received[$0...].starts(with: wanted) }) {
                return String(decoding: received, as: UTF8.self)
            }
        }
        throw BenchError.answer(of: "the other end", was: String(decoding: received.suffix(500), as: UTF8.self))
    }

    /// Sends a FIN.
    func finish() throws {
        guard shutdown(descriptor, Int32(SHUT_WR)) == 0 else {
            throw BenchError.system(call: "shutdown", reason: reason())
        }
    }

    /// Waits for the other end's FIN.
    func receiveEnd() throws {
        var byte: UInt8 = 0
        guard recv(descriptor, &byte, 1, 0) == 0 else {
            throw BenchError.system(call: "receiving the end", reason: reason())
        }
    }

    private static func withAddress(
        _ address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = address.bigEndian
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
