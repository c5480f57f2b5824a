/// What happens to a packet, as one number that the functions of the kernel program pass to each other.
///
/// | bits | what |
/// |---|---|
/// | 0 ..< 8 | ``Action`` |
/// | 8 ..< 16 | ``DropReason`` |
package struct Verdict: Equatable, Sendable {
    package enum Action: UInt8, Sendable {
        /// Forwarded by the route to the destination.
        case forward = 1
        /// Not forwarded; the reason is counted.
        case drop = 2
        /// Not forwarded, and answered with a reset; the reason is counted.
        case answerReset = 3
        /// Delivered to the gateway's own stack.
        case host = 4
        /// Passed to the kernel's own forwarding, without a session. The kernel reports to the sender that there is no
        /// route.
        case unroutable = 5
        /// Not a verdict yet: no session is known.
        case noSessionYet = 6
        /// Not a verdict yet: the packet is parsed, and may have a session.
        case parsed = 7
    }

    package var rawValue: UInt32

    @inline(__always)
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    @inline(__always)
    package static var forward: Verdict { Verdict(rawValue: UInt32(Action.forward.rawValue)) }

    @inline(__always)
    package static var host: Verdict { Verdict(rawValue: UInt32(Action.host.rawValue)) }

    @inline(__always)
    package static var unroutable: Verdict { Verdict(rawValue: UInt32(Action.unroutable.rawValue)) }

    @inline(__always)
    package static var noSessionYet: Verdict { Verdict(rawValue: UInt32(Action.noSessionYet.rawValue)) }

    @inline(__always)
    package static var parsed: Verdict { Verdict(rawValue: UInt32(Action.parsed.rawValue)) }

    @inline(__always)
    package static func drop(_ reason: DropReason) -> Verdict {
        Verdict(rawValue: UInt32(Action.drop.rawValue) | UInt32(reason.rawValue) << 8)
    }

    @inline(__always)
    package static func answerReset(_ reason: DropReason) -> Verdict {
        Verdict(rawValue: UInt32(Action.answerReset.rawValue) | UInt32(reason.rawValue) << 8)
    }

    @inline(__always)
    package var actionValue: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

    @inline(__always)
    package func isAction(_ action: Action) -> Bool { actionValue == action.rawValue }

    @inline(__always)
    package var reasonValue: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }

    /// The action; nil if the number is not an action.
    package var action: Action? { Action(rawValue: actionValue) }

    /// The reason of a drop or an answer.
    package var reason: DropReason? {
        isAction(.drop) || isAction(.answerReset) ? DropReason(rawValue: reasonValue) : nil
    }
}

extension Verdict: CustomStringConvertible {
    package var description: String {
        let name = action.map { "\($0)" } ?? "\(actionValue)"
        return reason.map { "\(name)(\($0.name))" } ?? name
    }
}

/// The result of a route lookup.
package enum RouteKind: UInt8, Sendable {
    /// Through an interface, to a neighbour whose link address is known.
    case forward = 1
    /// Through an interface, but by the kernel's own forwarding: the neighbour is not resolved yet, the packet is too
    /// big, or the link is not Ethernet.
    case forwardSlowly = 2
    /// The gateway itself; also broadcast and multicast.
    case host = 3
    /// No route.
    case unreachable = 4
}
