import Glibc
import Testing

/// Frames as they are on a link, in the network namespace of the thread that opens this (packet(7)).
final class RawFrames {
    struct Frame {
        var bytes: [UInt8]
        /// The VLAN tag, which the kernel delivers beside the frame; nil: none.
        var tag: UInt16?
    }

    private let descriptor: Int32
    private let index: Int32

    init(_ interface: String) throws {
        index = Int32(if_nametoindex(interface))
        descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Int32(UInt16(3).bigEndian))
        try #require(descriptor >= 0 && index > 0)
        // struct sockaddr_ll: family, protocol, index; the other fields are not used.
        var address = [UInt8](repeating: 0, count: 20)
        address[0] = UInt8(AF_PACKET)
        address[3] = 3
        withUnsafeBytes(of: index) { address.replaceSubrange(4..<8, with: $0) }
        let bound = address.withUnsafeBytes {
            $0.baseAddress.map {
                bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
            }
        }
        try #require(bound == 0)
        // PACKET_AUXDATA of SOL_PACKET.
        var yes: Int32 = 1
        try #require(setsockopt(descriptor, 263, 8, &yes, 4) == 0)
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        try #require(
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size)) == 0)
    }

    deinit { close(descriptor) }

    func send(_ frame: [UInt8]) throws {
        try #require(Glibc.send(descriptor, frame, frame.count, 0) == frame.count)
    }

    /// The first incoming frame that satisfies a condition; nil: none within a second.
    func receive(where condition: (Frame) -> Bool) -> Frame? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        var control = [UInt8](repeating: 0, count: 256)
        for _ in 0..<200 {
            let frame: Frame? = buffer.withUnsafeMutableBytes { bytes in
                control.withUnsafeMutableBytes { control in
                    var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                        let count = recvmsg(descriptor, &message, 0)
                        guard count > 0 else { return nil }
                        // struct cmsghdr (16 bytes), then tpacket_auxdata: status, two lengths, two offsets, tag.
                        let status = control.load(fromByteOffset: 16, as: UInt32.self)
                        let tag = control.load(fromByteOffset: 32, as: UInt16.self)
                        let hasTag = message.msg_controllen >= 36 && status & 0x10 != 0
                        return Frame(bytes: Array(bytes.prefix(count)), tag: hasTag ? tag : nil)
                    }
                }
            }
            guard let frame else {
                waits += 1
                if waits > 20 { return nil }
                continue
            }
            if condition(frame) { return frame }
        }
        return nil
    }

    private var waits = 0
}

/// The link address of an interface of the thread's network namespace.
func linkAddress(_ interface: String) throws -> [UInt8] {
    var request = ifreq()
    withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: interface.utf8) }
    let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(socket) }
    try #require(ioctl(socket, UInt(SIOCGIFHWADDR), &request) == 0)
    return withUnsafeBytes(of: &request.ifr_ifru.ifru_hwaddr.sa_data) { Array($0.prefix(6)) }
}
