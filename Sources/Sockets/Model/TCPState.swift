/// The state of a TCP socket (RFC 9293, 3.3.2), by the kernel's number (include/net/tcp_states.h).
package enum TCPState: UInt8, Sendable, CaseIterable {
    case established = 1
    case synSent = 2
    case synReceived = 3
    case finWait1 = 4
    case finWait2 = 5
    case timeWait = 6
    case closed = 7
    case closeWait = 8
    case lastAck = 9
    case listening = 10
    case closing = 11
    /// What is kept of a connection during its handshake, before there is a socket.
    case newSynReceived = 12

    /// The name in tables and JSON.
    package var name: String { self == .newSynReceived ? "synReceived" : "\(self)" }
}
