internal import CLibBPF
internal import FlowLayout
import Glibc

/// Sends packets with any source address through raw sockets, such as RSTs with the address of a session's end as
/// source.
///
/// The sockets belong to the network namespace of the thread that created them. The kernel does not check the source
/// address of a packet that comes with its own IP header, of either version. It fills in the IPv4 header's checksum and
/// does not change the TCP checksum. The packets are routed as the host's own, so neither the datapath nor the guard
/// sees them.
///
/// Until the next hop's link-layer address is known, the kernel queues about 256 packets for it (`unres_qlen_bytes` of
/// arp(7)). Beyond that it drops the oldest without an error.
package final class SegmentInjector {
    /// The result of a batch.
    package struct Outcome: Equatable, Sendable {
        package var sent = 0
        package var failed = 0
        /// The error number of the first packet that failed; 0 if none did.
        package var firstErrorNumber: Int32 = 0

        /// The first failure, for people; nil if there was none.
        package var failure: String? { failed == 0 ? nil : SystemCall.message(firstErrorNumber) }
    }

    /// Size of the send buffer in bytes.
    private static let sendBufferBytes: Int32 = 16 << 20
    /// How often to wait for a full queue, at most 10 ms each time.
    private static let maximumWaits = 100

    private let version4: FileDescriptor
    /// nil if the kernel has no IPv6.
    private let version6: FileDescriptor?

    package init() throws(KernelError) {
        version4 = try Self.rawSocket(AF_INET)
        try Self.set(version4, Int32(IPPROTO_IP), IP_HDRINCL, 1)
        do throws(KernelError) {
            let socket = try Self.rawSocket(AF_INET6)
            try Self.set(socket, Int32(IPPROTO_IPV6), Self.ipv6HeaderIncluded, 1)
            version6 = socket
        } catch .call(_, EAFNOSUPPORT, _) {
            version6 = nil
        }
    }

    /// Sends all packets of a batch, in order per IP version. A packet that the kernel refuses (no route, for example)
    /// is skipped.
    package func send(_ batch: RawSegmentBatch) -> Outcome {
        var outcome = Outcome()
        send(batch.version4, by: version4, addresses: batch.version4.socketAddresses4, &outcome)
        if let version6 {
            send(batch.version6, by: version6, addresses: batch.version6.socketAddresses6, &outcome)
        } else if !batch.version6.lengths.isEmpty {
            outcome.fail(batch.version6.lengths.count, EAFNOSUPPORT)
        }
        return outcome
    }

    private func send<Address>(
        _ lane: RawSegmentBatch.Lane, by socket: FileDescriptor, addresses: [Address], _ outcome: inout Outcome
    ) {
        lane.bytes.withUnsafeBufferPointer { bytes in
            lane.lengths.withUnsafeBufferPointer { lengths in
                addresses.withUnsafeBufferPointer { addresses in
                    guard let bytes = bytes.baseAddress, let lengths = lengths.baseAddress,
                        let addresses = addresses.baseAddress
                    else { return }
                    var next = 0
                    var waits = 0
                    while next < lane.lengths.count {
                        let sent = sluice_send_many(
                            socket.number, bytes + next * RawSegmentBatch.maximumBytes, RawSegmentBatch.maximumBytes,
                            lengths + next, addresses + next, MemoryLayout<Address>.stride,
                            UInt32(min(lane.lengths.count - next, Int(SLUICE_SEND_MOST))))
                        if sent > 0 {
                            next += Int(sent)
                            outcome.sent += Int(sent)
                            continue
                        }
                        let errorNumber = errno
                        if errorNumber == EINTR { continue }
                        if errorNumber == EAGAIN || errorNumber == ENOBUFS, waits < Self.maximumWaits {
                            waits += 1
                            wait(for: socket, isFull: errorNumber == EAGAIN)
                            continue
                        }
                        outcome.fail(1, errorNumber)
                        next += 1
                    }
                }
            }
        }
    }

    /// Waits until the socket accepts more. A full device queue (ENOBUFS) gives no event to wait for, so this pauses.
    private func wait(for socket: FileDescriptor, isFull: Bool) {
        if isFull {
            var entry = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
            poll(&entry, 1, 10)
        } else {
            usleep(1000)
        }
    }

    private static func rawSocket(_ family: Int32) throws(KernelError) -> FileDescriptor {
        let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = FileDescriptor(
            try SystemCall.check("opening a raw socket") { Glibc.socket(family, type, Int32(IPPROTO_RAW)) })
        // With CAP_NET_ADMIN it may exceed the machine's limit. A smaller buffer works too.
        var size = sendBufferBytes
        setsockopt(socket.number, SOL_SOCKET, SO_SNDBUFFORCE, &size, socklen_t(MemoryLayout<Int32>.size))
        return socket
    }

    private static func set(
        _ socket: FileDescriptor, _ level: Int32, _ option: Int32, _ value: Int32
    ) throws(KernelError) {
        var value = value
        try SystemCall.check("preparing a raw socket") {
            setsockopt(socket.number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// IPV6_HDRINCL of linux/in6.h.
    private static let ipv6HeaderIncluded: Int32 = 36
}

extension SegmentInjector.Outcome {
    fileprivate mutating func fail(_ count: Int, _ errorNumber: Int32) {
        if failed == 0 { firstErrorNumber = errorNumber }
        failed += count
    }
}

extension RawSegmentBatch.Lane {
    fileprivate var socketAddresses4: [sockaddr_in] {
        destinations.map { destination in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: destination.low).bigEndian
            return address
        }
    }

    fileprivate var socketAddresses6: [sockaddr_in6] {
        zip(destinations, scopes).map { destination, scope in
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            // The port stays 0: the kernel would treat it as a protocol number, and refuse it.
            address.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                bytes.storeBytes(of: destination.high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: destination.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return address
        }
    }
}
