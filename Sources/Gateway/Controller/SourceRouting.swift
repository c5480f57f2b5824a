package import Kernel

/// Whether the route to an address is the same for all packets that come in by one interface, as far as is known. Pure.
///
/// Only then may the kernel program cache a next hop by its destination (`route_cache.bpf.h`); otherwise it caches it by the source too. What is known comes from a look at all rules and routes, and from the news since.
package struct SourceRouting: Equatable, Sendable {
    /// A look reads all routes: after one there is none for so long, however often routes change.
    package static let restNanoseconds: UInt64 = 10_000_000_000

    private enum Knowledge: Equatable {
        case unknown
        case byDestination
        /// Something looks at more than the destination, or did when it was looked at last.
        case byMore(isOutdated: Bool)
    }

    private var knowledge = Knowledge.unknown
    private var nextLook: UInt64 = 0

    package init() {}

    package var routesByDestination: Bool { knowledge == .byDestination }

    package mutating func note(_ news: RoutingSocket.News) {
        switch news {
        case .lost: knowledge = .unknown
        case .message(let message):
            if message.looksAtMore && !message.isRemoval {
                knowledge = .byMore(isOutdated: false)
            } else if case .byMore = knowledge {
                // What looked at more may have been removed, or replaced by this.
                knowledge = .byMore(isOutdated: true)
            }
        }
    }

    /// Whether it is time to look at all rules and routes.
    package func wantsLook(now: UInt64) -> Bool {
        switch knowledge {
        case .unknown, .byMore(isOutdated: true): now >= nextLook
        case .byDestination, .byMore(isOutdated: false): false
        }
    }

    /// - Parameter found: what the look has shown; nil where it failed.
    package mutating func noteLook(_ found: Bool?, now: UInt64) {
        nextLook = now + Self.restNanoseconds
        knowledge =
            switch found {
            case nil: .unknown
            case true?: .byDestination
            case false?: .byMore(isOutdated: false)
            }
    }
}
