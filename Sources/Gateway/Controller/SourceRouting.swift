package import Kernel

/// Whether the route to an address is known to be the same for all packets that arrive at one interface. Pure.
///
/// Only then may the kernel program cache a next hop by destination (`route_cache.bpf.h`); otherwise it caches by source too. The
/// knowledge comes from a lookup of all rules and routes, and from the changes that the kernel has reported since.
package struct SourceRouting: Equatable, Sendable {
    /// A lookup reads all routes. After one, there is no other for this time, however often routes change.
    package static let pauseNanoseconds: UInt64 = 10_000_000_000

    private enum Knowledge: Equatable {
        case unknown
        case byDestination
        /// Some rule or route depends on more than the destination, or did at the last lookup.
        case byMore(isOutdated: Bool)
    }

    private var knowledge = Knowledge.unknown
    private var nextRead: UInt64 = 0

    package init() {}

    package var routesByDestination: Bool { knowledge == .byDestination }

    package mutating func note(_ news: RoutingSocket.News) {
        switch news {
        case .lost: knowledge = .unknown
        case .message(let message):
            if message.dependsOnMore && !message.isRemoval {
                knowledge = .byMore(isOutdated: false)
            } else if case .byMore = knowledge {
                // The one that depended on more may have been removed, or replaced by this one.
                knowledge = .byMore(isOutdated: true)
            }
        }
    }

    /// Whether it is time to look up all rules and routes.
    package func needsRead(now: UInt64) -> Bool {
        switch knowledge {
        case .unknown, .byMore(isOutdated: true): now >= nextRead
        case .byDestination, .byMore(isOutdated: false): false
        }
    }

    /// - Parameter found: whether routes depend on the destination only; nil if the lookup failed.
    package mutating func noteRead(_ found: Bool?, now: UInt64) {
        nextRead = now + Self.pauseNanoseconds
        knowledge =
            switch found {
            case nil: .unknown
            case true?: .byDestination
            case false?: .byMore(isOutdated: false)
            }
    }
}
