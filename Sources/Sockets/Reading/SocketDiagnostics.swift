import CLibBPF
import Glibc
import Policy

/// Reads TCP sockets as `ss` does, by netlink (sock_diag(7)). Needs no privileges, and does not see keep-alive itself,
/// only the timer that runs.
enum SocketDiagnostics {
    /// The timers of inet_diag_msg (linux/inet_diag.h).
    private enum Timer {
        static let none: UInt8 = 0
        static let keepAlive: UInt8 = 2
    }

    /// Offsets in struct tcp_info (linux/tcp.h): milliseconds since data was sent, received, and since an
    /// acknowledgement was received.
    private static let lastTimes = [44, 52, 56]

    /// The sockets of this thread's network namespace.
    static func read(network: UInt32) throws(SocketError) -> [TCPSocket] {
        let descriptor = socket(
            AF_NETLINK, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
        guard descriptor >= 0 else { throw .call(action: "asking the kernel for sockets", errorNumber: errno) }
        defer { close(descriptor) }
        var sockets: [TCPSocket] = []
        for family in [AF_INET, AF_INET6] {
            try request(descriptor, family: family)
            try receive(descriptor) { message in
                if let socket = parse(message, network: network) { sockets.append(socket) }
            }
        }
        return sockets
    }

    private static func request(_ descriptor: Int32, family: Int32) throws(SocketError) {
        var header = nlmsghdr()
        header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + MemoryLayout<inet_diag_req_v2>.size)
        header.nlmsg_type = UInt16(SOCK_DIAG_BY_FAMILY)
        header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_DUMP)
        var body = inet_diag_req_v2()
        body.sdiag_family = UInt8(family)
        body.sdiag_protocol = UInt8(IPPROTO_TCP)
        body.idiag_ext = 1 << UInt8(INET_DIAG_INFO - 1)
        body.idiag_states = UInt32.max
        var bytes = withUnsafeBytes(of: header) { Array($0) }
        withUnsafeBytes(of: body) { bytes.append(contentsOf: $0) }
        guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw .call(action: "asking the kernel for sockets", errorNumber: errno)
        }
    }

    /// Hands over the body of each message until the dump ends.
    private static func receive(
        _ descriptor: Int32, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SocketError) {
        let failed: Int32 = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 8) { buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                if count == 0 { return 0 }
                var offset = 0
                while offset + MemoryLayout<nlmsghdr>.size <= count {
                    let header = UnsafeRawBufferPointer(buffer).loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
                    let length = Int(header.nlmsg_len)
                    guard length >= MemoryLayout<nlmsghdr>.size, offset + length <= count else { return EBADMSG }
                    let content = UnsafeRawBufferPointer(
                        rebasing: UnsafeRawBufferPointer(buffer)[
                            (offset + MemoryLayout<nlmsghdr>.size)..<(offset + length)])
                    switch Int32(header.nlmsg_type) {
                    case NLMSG_DONE: return 0
                    case NLMSG_ERROR:
                        return content.count >= 4 ? -content.loadUnaligned(as: Int32.self) : EBADMSG
                    default: body(content)
                    }
                    offset += (length + 3) & ~3
                }
            }
        }
        guard failed == 0 else { throw .call(action: "asking the kernel for sockets", errorNumber: failed) }
    }

    /// One socket of a dump: an inet_diag_msg and its attributes.
    static func parse(_ bytes: UnsafeRawBufferPointer, network: UInt32) -> TCPSocket? {
        let size = MemoryLayout<inet_diag_msg>.size
        guard bytes.count >= size else { return nil }
        let message = bytes.loadUnaligned(as: inet_diag_msg.self)
        guard let state = TCPState(rawValue: message.idiag_state) else { return nil }
        let isIPv4 = Int32(message.idiag_family) == AF_INET
        let idle = idleSeconds(bytes, from: size)
        return TCPSocket(
            cookie: UInt64(message.id.idiag_cookie.0) | UInt64(message.id.idiag_cookie.1) << 32,
            inode: UInt64(message.idiag_inode), cgroup: 0, network: network, user: message.idiag_uid,
            local: SocketEnd(
                address(message.id.idiag_src, isIPv4: isIPv4), UInt16(bigEndian: message.id.idiag_sport)),
            remote: SocketEnd(
                address(message.id.idiag_dst, isIPv4: isIPv4), UInt16(bigEndian: message.id.idiag_dport)),
            state: state,
            keepAlive: keepAlive(
                state, timer: message.idiag_timer, leftSeconds: Double(message.idiag_expires) / 1000),
            idleSeconds: idle)
    }

    /// What the timer shows.
    ///
    /// - While data is under way, another timer hides keep-alive's.
    /// - Without any timer keep-alive is off.
    /// - The timer never starts with more than the idle time that is set. So that is at least what is left. The time since
    ///   the last segment can't be added: keep-alive may have been turned on later.
    static func keepAlive(_ state: TCPState, timer: UInt8, leftSeconds: Double) -> KeepAliveView {
        switch state {
        case .timeWait, .newSynReceived, .synReceived, .closed: return .none
        case .listening: return .hidden
        default: break
        }
        switch timer {
        case Timer.none: return .off
        // FIN-WAIT-2 has its own limit on the same timer.
        case Timer.keepAlive where state != .finWait2: return .onAtLeast(seconds: leftSeconds)
        default: return .hidden
        }
    }

    private static func address(_ words: (UInt32, UInt32, UInt32, UInt32), isIPv4: Bool) -> NetworkAddress {
        if isIPv4 { return NetworkAddress(family: .ipv4, value: UInt128(UInt32(bigEndian: words.0))) }
        return withUnsafeBytes(of: words) { NetworkAddress(socketBytes: $0) }
    }

    /// The shortest of the times in the attribute INET_DIAG_INFO, in seconds.
    private static func idleSeconds(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Double? {
        var offset = start
        while offset + 4 <= bytes.count {
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            let kind = bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
            guard length >= 4, offset + length <= bytes.count else { return nil }
            if kind == UInt16(INET_DIAG_INFO), let last = lastTimes.last, length >= 4 + last + 4 {
                let times = lastTimes.map { bytes.loadUnaligned(fromByteOffset: offset + 4 + $0, as: UInt32.self) }
                return times.min().map { Double($0) / 1000 }
            }
            offset += (length + 3) & ~3
        }
        return nil
    }
}
