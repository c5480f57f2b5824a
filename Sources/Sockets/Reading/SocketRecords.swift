import SocketLayout

/// Reads the TCP sockets of network namespaces by the socket program.
final class SocketRecords {
    private let program: SocketProgram
    private let iterator: SocketIterator

    init() throws(SocketError) {
        program = try SocketProgram(.list, for: "reading keep-alive of sockets")
        iterator = try program.iterator()
    }

    /// The sockets of this thread's network namespace.
    func read() throws(SocketError) -> [TCPSocket] {
        var sockets: [TCPSocket] = []
        var rest: [UInt8] = []
        try iterator.read { bytes in
            // A read may end within a record if the buffer is smaller than what the kernel has.
            rest.append(contentsOf: bytes)
            let size = MemoryLayout<sluice_socket>.stride
            let whole = rest.count / size * size
            rest.withUnsafeBytes { raw in
                for offset in stride(from: 0, to: whole, by: size) {
                    if let socket = TCPSocket(raw.loadUnaligned(fromByteOffset: offset, as: sluice_socket.self)) {
                        sockets.append(socket)
                    }
                }
            }
            rest.removeFirst(whole)
        }
        return sockets
    }
}
