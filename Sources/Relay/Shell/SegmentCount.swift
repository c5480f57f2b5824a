import Glibc
import NIOCore

/// What the kernel has received on a TCP connection: `struct tcp_info` of linux/tcp.h.
package struct SegmentCount: Hashable {
    /// Segments of any kind, with data or without, keep-alives too (tcpi_segs_in, RFC 4898 tcpEStatsPerfSegsIn).
    package var segments: UInt32
    /// When the last segment with data, or with an acknowledgment of something, came: nanoseconds.
    package var lastCounted: UInt64
    /// When it was read: nanoseconds.
    package var readAt: UInt64

    /// When the last segment came since an earlier reading; nil: none. If no data and no acknowledgment explains the
    /// new ones, they were keep-alives, whose time the kernel does not keep: it is that of this reading.
    package func lastSegment(since earlier: SegmentCount) -> UInt64? {
        guard segments != earlier.segments else { return nil }
        return lastCounted > earlier.readAt ? lastCounted : readAt
    }

    /// The first 144 bytes of `struct tcp_info`, as words of 8 bytes.
    private typealias Words = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64, UInt64, UInt64
    )

    /// Asks the kernel. Calls `body` at once, on the channel's event loop; not at all if the connection is closed.
    static func read(_ channel: any Channel, now: UInt64, _ body: @escaping (SegmentCount) -> Void) {
        guard let options = channel as? any SocketOptionProvider else { return }
        let answer: EventLoopFuture<Words> = options.unsafeGetSocketOption(
            level: .init(rawValue: CInt(IPPROTO_TCP)), name: .init(rawValue: TCP_INFO))
        answer.assumeIsolated().whenSuccess { words in
            // Offsets: 52 tcpi_last_data_recv, 56 tcpi_last_ack_recv (milliseconds ago), 140 tcpi_segs_in.
            let sinceData = UInt32(truncatingIfNeeded: words.6 >> 32)
            let sinceAcknowledgment = UInt32(truncatingIfNeeded: words.7)
            let ago = UInt64(min(sinceData, sinceAcknowledgment)) * 1_000_000
            body(
                SegmentCount(
                    segments: UInt32(truncatingIfNeeded: words.17 >> 32), lastCounted: now > ago ? now - ago : 0,
                    readAt: now))
        }
    }
}
