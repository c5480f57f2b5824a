import Glibc

/// One connection: a non-blocking socket, and the bytes still to be sent on it.
///
/// Each direction carries a known pattern (byte n is n mod 251), so that the receiving end detects lost, repeated and
/// changed bytes.
final class Connection {
    static let patternLength = 251

    let identifier: Int
    let descriptor: Int32
    var isConnecting: Bool
    var isReading: Bool
    private(set) var received = 0
    private(set) var sent = 0
    /// Bytes requested that the socket has not accepted yet.
    private(set) var unsent = 0
    /// When data was last received, and the longest time between two receptions; seconds of CLOCK_MONOTONIC.
    private var lastReceived = monotonicSeconds()
    private var longestSilence = 0.0
    /// Whether a FIN follows when everything is sent.
    private var endsWhenSent = false
    private static let pattern = (0..<65536 + patternLength).map { UInt8($0 % patternLength) }
    private var buffer = [UInt8](repeating: 0, count: 65536)

    init(identifier: Int, descriptor: Int32, isConnecting: Bool, isReading: Bool) {
        self.identifier = identifier
        self.descriptor = descriptor
        self.isConnecting = isConnecting
        self.isReading = isReading
    }

    /// The poll events to watch for. Errors and hang-ups are always reported.
    var interest: Int32 {
        var events: Int32 = 0
        if isReading, !isConnecting { events |= POLLIN }
        if isConnecting || unsent > 0 { events |= POLLOUT }
        return events
    }

    func enqueue(_ bytes: Int) {
        unsent += bytes
    }

    enum Outcome {
        case nothing
        case data(Int)
        case corrupt(atByte: Int)
        case endOfFile
        case failed(Int32)
    }

    /// Writes as much as the socket accepts.
    func flush() -> Outcome {
        while unsent > 0 {
            let offset = sent % Self.patternLength
            let count = Self.pattern[offset...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, min(unsent, 65536), Int32(MSG_NOSIGNAL))
            }
            if count < 0 {
                return errno == EAGAIN ? .nothing : .failed(errno)
            }
            sent += count
            unsent -= count
        }
        if endsWhenSent {
            endsWhenSent = false
            shutdown(descriptor, Int32(SHUT_WR))
        }
        return .nothing
    }

    /// Sends a FIN when everything requested is sent.
    func endWhenSent() -> Outcome {
        endsWhenSent = true
        return flush()
    }

    /// Reads once, and compares the data with the pattern.
    func receive() -> Outcome {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 {
            return errno == EAGAIN ? .nothing : .failed(errno)
        }
        if count == 0 { return .endOfFile }
        let offset = received % Self.patternLength
        let start = received
        received += count
        let now = monotonicSeconds()
        longestSilence = max(longestSilence, now - lastReceived)
        lastReceived = now
        return isPattern(count: count, offset: offset) ? .data(count) : .corrupt(atByte: start)
    }

    /// The longest time without a received byte since the last call, in seconds, including the current one.
    func takeLongestSilence(now: Double) -> Double {
        defer { longestSilence = 0 }
        return max(longestSilence, now - lastReceived)
    }

    /// Uses memcmp, because comparing arrays is too slow for bulk data in a debug build.
    private func isPattern(count: Int, offset: Int) -> Bool {
        buffer.withUnsafeBytes { got in
            Self.pattern.withUnsafeBytes { expected in
                guard let got = got.baseAddress, let expected = expected.baseAddress else { return false }
                return memcmp(got, expected + offset, count) == 0
            }
        }
    }

    /// The pending error of the socket, 0 if there is none. Reading it clears it.
    func takeError() -> Int32 {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
        return error
    }

    /// The state of the kernel's TCP (include/net/tcp_states.h).
    var state: String {
        let names = [
            "NONE", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
            "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
        ]
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else { return "UNKNOWN" }
        return names.indices.contains(Int(info.tcpi_state)) ? names[Int(info.tcpi_state)] : "UNKNOWN"
    }

    func setOption(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sets the ISS before connecting, with the repair mode of checkpointing (tcp(7), include/uapi/linux/tcp.h).
    func setInitialSequence(_ sequence: UInt32) throws(EndpointError) {
        let sendQueue: Int32 = 2
        let offWithoutProbe: Int32 = -1
        let steps = [
            (TCP_REPAIR, 1), (TCP_REPAIR_QUEUE, sendQueue), (TCP_QUEUE_SEQ, Int32(bitPattern: sequence)),
            (TCP_REPAIR, offWithoutProbe),
        ]
        for (option, value) in steps {
            var value = value
            let size = socklen_t(MemoryLayout<Int32>.size)
            guard setsockopt(descriptor, Int32(IPPROTO_TCP), option, &value, size) == 0 else {
                throw EndpointError(what: "can't choose the initial sequence number", number: errno)
            }
        }
    }

    /// Makes the connection end with a RST instead of a FIN.
    func lingerZero() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }
}
