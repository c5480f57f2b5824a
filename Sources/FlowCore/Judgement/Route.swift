/// What routing says of a destination.
package enum RouteKind: UInt8, Sendable {
    /// By an interface, to a neighbour whose link address is known.
    case forward = 1
    /// By an interface, but the kernel's own forwarding has to do it: neighbour not resolved yet, too big, no Ethernet.
    case forwardSlowly = 2
    /// The gateway itself; broadcast and multicast too.
    case host = 3
    /// Nowhere.
    case unreachable = 4
}
