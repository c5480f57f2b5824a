/// One routing message of the kernel (rtnetlink(7), linux/rtnetlink.h, linux/fib_rules.h). It is read only as far as
/// needed to know whether the route to an address is the same for all packets that come in by one interface.
package struct RoutingMessage: Equatable, Sendable {
    package enum Subject: Equatable, Sendable {
        case route
        case rule
    }

    package let subject: Subject
    package let isRemoval: Bool
    /// Whether this route or rule may make a packet's route depend on more than its destination and incoming interface:
    /// on its source, protocol, ports, or a hash of those. True if this is not known.
    package let dependsOnMore: Bool

    /// A netlink message's type and the bytes after its header; nil if it is about something else.
    package init?(type: UInt16, payload: ArraySlice<UInt8>) {
        switch type {
        case Self.newRoute, Self.newRoute + 1: subject = .route
        case Self.newRule, Self.newRule + 1: subject = .rule
        default: return nil
        }
        isRemoval = type == Self.newRoute + 1 || type == Self.newRule + 1
        dependsOnMore = subject == .route ? Self.routeDependsOnMore(payload) : Self.ruleDependsOnMore(payload)
    }

    // RTM_NEWROUTE, RTM_NEWRULE. The number after each is the type of its removal.
    private static let newRoute: UInt16 = 24
    private static let newRule: UInt16 = 32

    /// struct rtmsg: family, bits of destination and source, TOS, table, protocol, scope, type, flags. A hash chooses
    /// between several next hops (RTA_MULTIPATH); a nexthop object (RTA_NH_ID) may be a group of them.
    private static func routeDependsOnMore(_ payload: ArraySlice<UInt8>) -> Bool {
        guard payload.count >= 12 else { return true }
        let sourceBits = payload[payload.startIndex + 2]
        return sourceBits != 0 || !NetlinkAttributes.all(in: payload.dropFirst(12)) { $0 != 9 && $0 != 30 }
    }

    /// struct fib_rule_hdr: family, bits of destination and source, TOS, table, two reserved, action, flags. Any
    /// selector except the destination's (FRA_DST) counts.
    private static func ruleDependsOnMore(_ payload: ArraySlice<UInt8>) -> Bool {
        guard payload.count >= 12 else { return true }
        let sourceBits = payload[payload.startIndex + 2]
        let typeOfService = payload[payload.startIndex + 3]
        return sourceBits != 0 || typeOfService != 0
            || !NetlinkAttributes.all(in: payload.dropFirst(12), areSuch: harmlessRuleAttributes.contains)
    }

    /// FRA_DST, FRA_GOTO, FRA_PRIORITY, FRA_FLOW, FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN, FRA_TABLE, FRA_PAD,
    /// FRA_PROTOCOL: the destination, and the action. All others, also those of future kernels, may be selectors.
    private static let harmlessRuleAttributes: Set<UInt16> = [1, 4, 6, 11, 13, 14, 15, 18, 21]
}

/// Attributes of a netlink message: length and type, 16 bits each, then the value, in steps of four bytes.
enum NetlinkAttributes {
    /// Whether the types of all of them satisfy a condition. Also false if there is something else.
    static func all(in bytes: ArraySlice<UInt8>, areSuch condition: (UInt16) -> Bool) -> Bool {
        var rest = bytes
        while rest.count >= 4 {
            let length = Int(NetlinkNumber.short(rest, 0))
            // The two highest bits are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER).
            guard length >= 4, length <= rest.count, condition(NetlinkNumber.short(rest, 2) & 0x3FFF) else {
                return false
            }
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return true
    }
}

/// Numbers in host order, which is little-endian on all platforms of sluice.
enum NetlinkNumber {
    static func short(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt16 {
        UInt16(bytes[bytes.startIndex + offset]) | UInt16(bytes[bytes.startIndex + offset + 1]) << 8
    }

    static func word(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
        UInt32(short(bytes, offset)) | UInt32(short(bytes, offset + 2)) << 16
    }
}
