internal import CLibBPF
import Glibc

/// A NETLINK_ROUTE socket in the network namespace of the thread that opens it (netlink(7), rtnetlink(7)).
package final class RoutingSocket {
    package enum News: Equatable, Sendable {
        case message(RoutingMessage)
        /// The kernel sent more than the socket has room for.
        case lost
    }

    private let descriptor: FileDescriptor
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    package var fileDescriptor: Int32 { descriptor.number }

    private init(groups: UInt32, flags: UInt32) throws(KernelError) {
        descriptor = FileDescriptor(
            try SystemCall.check("opening a netlink socket") {
                socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue | flags), 0)
            })
        // struct sockaddr_nl: family, padding, port (the kernel chooses), groups.
        let address: [UInt32] = [UInt32(AF_NETLINK), 0, groups]
        try SystemCall.check("listening to changes of routing") {
            address.withUnsafeBytes {
                guard let start = $0.baseAddress else { return Int32(-1) }
                return bind(descriptor.number, start.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
            }
        }
    }

    /// Receives every change of routes and rules, of IPv4 and IPv6, from now on.
    package static func listening() throws(KernelError) -> RoutingSocket {
        // RTMGRP_IPV4_ROUTE, RTMGRP_IPV4_RULE, RTMGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE (the 19th).
        try RoutingSocket(groups: 0x40 | 0x80 | 0x400 | 1 << 18, flags: SOCK_NONBLOCK.rawValue)
    }

    /// The changes since the last call; at most as many as fit into `limit` reads.
    package func news(limit: Int = 64) -> [News] {
        var news: [News] = []
        for _ in 0..<limit {
            let count = receive()
            if count < 0 {
                if errno == ENOBUFS { news.append(.lost) } else if errno != EINTR { break }
                continue
            }
            for message in messages(count) {
                if let known = RoutingMessage(type: message.type, payload: message.payload) {
                    news.append(.message(known))
                }
            }
        }
        return news
    }

    /// Whether the route to an address is the same for all packets that come in by one interface, by all present rules
    /// and routes.
    package static func routesByDestination() throws(KernelError) -> Bool {
        // RTM_GETRULE and RTM_GETROUTE: few rules, possibly many routes.
        for request: UInt16 in [34, 26] {
            for family in [AF_INET, AF_INET6] where try !allGoByDestination(request, family: UInt8(family)) {
                return false
            }
        }
        return true
    }

    private static func allGoByDestination(_ request: UInt16, family: UInt8) throws(KernelError) -> Bool {
        let socket = try RoutingSocket(groups: 0, flags: 0)
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        try SystemCall.check("setting a receive timeout") {
            setsockopt(socket.fileDescriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        // struct nlmsghdr: length, type, NLM_F_REQUEST | NLM_F_DUMP, sequence, port; then struct rtmsg or fib_rule_hdr,
        // of which only the family is used.
        let question: [UInt32] = [28, UInt32(request) | 0x301 << 16, 1, 0, UInt32(family), 0, 0]
        try SystemCall.check("asking for the routing") {
            question.withUnsafeBytes { send(socket.fileDescriptor, $0.baseAddress, $0.count, 0) }
        }
        while true {
            let count = try SystemCall.check("reading the routing") { socket.receive() }
            for message in socket.messages(count) {
                // NLM_F_DUMP_INTR: something changed during the answer. The answer may lack entries that were there all
                // the time.
                if message.flags & 0x10 != 0 {
                    throw .call(action: "reading the routing", errorNumber: EAGAIN, remedy: nil)
                }
                switch message.type {
                case 3: return true  // NLMSG_DONE
                case 2:  // NLMSG_ERROR
                    let errorNumber =
                        message.payload.count >= 4 ? Int32(bitPattern: NetlinkNumber.word(message.payload, 0)) : 0
                    // A family that this kernel does not support has no routes.
                    if errorNumber == -EAFNOSUPPORT || errorNumber == -EOPNOTSUPP { return true }
                    throw .call(action: "reading the routing", errorNumber: -errorNumber, remedy: nil)
                default:
                    if RoutingMessage(type: message.type, payload: message.payload)?.dependsOnMore == true {
                        return false
                    }
                }
            }
        }
    }

    private func receive() -> Int {
        buffer.withUnsafeMutableBytes { recv(descriptor.number, $0.baseAddress, $0.count, 0) }
    }

    /// The received messages: struct nlmsghdr, then the payload, in steps of four bytes.
    private func messages(_ count: Int) -> [(type: UInt16, flags: UInt16, payload: ArraySlice<UInt8>)] {
        var messages: [(UInt16, UInt16, ArraySlice<UInt8>)] = []
        var rest = buffer[..<count]
        while rest.count >= 16 {
            let length = Int(NetlinkNumber.word(rest, 0))
            guard length >= 16, length <= rest.count else { break }
            let payload = rest.dropFirst(16).prefix(length - 16)
            messages.append((NetlinkNumber.short(rest, 4), NetlinkNumber.short(rest, 6), payload))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return messages
    }
}
