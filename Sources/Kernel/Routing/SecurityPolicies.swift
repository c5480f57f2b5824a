internal import CLibBPF
import Glibc

/// The IPsec policies (xfrm) of the network namespace of the thread that opens this (RFC 4301, 4.4.1; linux/xfrm.h).
package final class SecurityPolicies {
    private let descriptor: FileDescriptor

    /// Readable when policies have changed.
    package var fileDescriptor: Int32 { descriptor.number }

    /// nil if the kernel has no IPsec, and so no policies.
    package static func listening() throws(KernelError) -> SecurityPolicies? {
        // XFRMNLGRP_POLICY is the fourth group.
        do throws(KernelError) {
            return SecurityPolicies(try socket(groups: 1 << 3, flags: SOCK_NONBLOCK.rawValue))
        } catch .call(_, EPROTONOSUPPORT, _) {
            return nil
        }
    }

    private init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// Discards the received changes: call ``arePresent()`` after it.
    package func drain() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor.number, &buffer, buffer.count, 0)
            if count <= 0 && errno != EINTR && errno != ENOBUFS { return }
        }
    }

    /// Whether there is any policy that may apply to forwarded packets, or the default is to block. Policies of single
    /// sockets don't count.
    package static func arePresent() throws(KernelError) -> Bool {
        let socket: FileDescriptor
        do throws(KernelError) {
            socket = try self.socket(groups: 0, flags: 0)
        } catch .call(_, EPROTONOSUPPORT, _) {
            return false
        }
        // XFRM_MSG_GETSPDINFO: the numbers of policies in, out and forwarded (XFRMA_SPD_INFO).
        if let answer = try ask(0x25, by: socket), holdsPolicies(answer) { return true }
        // XFRM_MSG_GETDEFAULT (Linux 5.15): the default for packets in, forwarded and out without a policy; 1 blocks
        // them.
        return try ask(0x28, by: socket)?.prefix(3).contains(1) ?? false
    }

    /// The bytes after the header of XFRM_MSG_NEWSPDINFO: flags, then attributes. The first attribute has the counts.
    static func holdsPolicies(_ payload: ArraySlice<UInt8>) -> Bool {
        var rest = payload.dropFirst(4)
        while rest.count >= 4 {
            let length = Int(NetlinkNumber.short(rest, 0))
            guard length >= 4, length <= rest.count else { return false }
            if NetlinkNumber.short(rest, 2) == 1, length >= 16 {
                return (0..<3).contains { NetlinkNumber.word(rest, 4 + 4 * $0) != 0 }
            }
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return false
    }

    /// The payload of the kernel's answer; nil if the kernel does not support the request.
    private static func ask(_ type: UInt16, by socket: FileDescriptor) throws(KernelError) -> ArraySlice<UInt8>? {
        // struct nlmsghdr: length, type and NLM_F_REQUEST, sequence, port; then 32 bits of flags.
        let question: [UInt32] = [20, UInt32(type) | 1 << 16, 1, 0, 0]
        try SystemCall.check("asking for IPsec policies") {
            question.withUnsafeBytes { send(socket.number, $0.baseAddress, $0.count, 0) }
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try SystemCall.check("reading the numbers of IPsec policies") {
            recv(socket.number, &buffer, buffer.count, 0)
        }
        let message = buffer[..<count]
        // NLMSG_ERROR: an older kernel.
        guard message.count > 16, NetlinkNumber.short(message, 4) != 2 else { return nil }
        return message.dropFirst(16)
    }

    private static func socket(groups: UInt32, flags: UInt32) throws(KernelError) -> FileDescriptor {
        // NETLINK_XFRM.
        let descriptor = FileDescriptor(
            try SystemCall.check("opening a netlink socket") {
                Glibc.socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | flags), 6)
            })
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        try SystemCall.check("setting a receive timeout") {
            setsockopt(descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        // struct sockaddr_nl: family, padding, port (the kernel chooses), groups.
        let address: [UInt32] = [UInt32(AF_NETLINK), 0, groups]
        try SystemCall.check("listening to changes of IPsec policies") {
            address.withUnsafeBytes {
                guard let start = $0.baseAddress else { return Int32(-1) }
                return bind(descriptor.number, start.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
        }
        return descriptor
    }
}
