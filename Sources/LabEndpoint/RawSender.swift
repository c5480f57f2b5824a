import Glibc

/// Sends packets unchanged, including their headers.
struct RawSender {
    private let descriptor: Int32
    private let destination: SocketAddress

    /// `destination` determines the route and the IP version.
    init(to destination: SocketAddress) throws(EndpointError) {
        // For IPv6 a raw socket's address has no port (raw(7)).
        var address = destination
        address.port = 0
        self.destination = address
        let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(destination.family, kind, Int32(IPPROTO_RAW))
        guard descriptor >= 0 else { throw EndpointError(what: "raw socket", number: errno) }
    }

    func send(_ packet: RawPacket) throws(EndpointError) {
        let count = packet.bytes.count
        let sent = packet.bytes.withUnsafeBytes { bytes in
            destination.withPointer { sendto(descriptor, bytes.baseAddress, count, 0, $0, $1) }
        }
        // If the queue is full the packet is lost, as in a network.
        guard sent == count || errno == ENOBUFS else { throw EndpointError(what: "raw packet", number: errno) }
    }
}
