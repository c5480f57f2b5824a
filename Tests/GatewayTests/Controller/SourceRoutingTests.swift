import Kernel
import Testing

@testable import Gateway

@Suite("Source routing")
struct SourceRoutingTests {
    private static let second: UInt64 = 1_000_000_000

    private static func route(looksAtMore: Bool, isRemoval: Bool = false) -> RoutingSocket.News {
        // struct rtmsg with or without RTA_MULTIPATH.
        let payload: [UInt8] = [UInt8](repeating: 0, count: 12) + (looksAtMore ? [4, 0, 9, 0] : [])
        guard let message = RoutingMessage(type: isRemoval ? 25 : 24, payload: payload[...]) else {
            preconditionFailure("not a route")
        }
        return .message(message)
    }

    private func known(_ found: Bool?) -> SourceRouting {
        var routing = SourceRouting()
        routing.noteLook(found, now: 0)
        return routing
    }

    @Test("nothing is known before the first lookup, or after a failed one")
    func unknown() {
        #expect(!SourceRouting().routesByDestination && SourceRouting().wantsLook(now: 0))
        let failed = known(nil)
        #expect(!failed.routesByDestination)
        #expect(!failed.wantsLook(now: 9 * Self.second) && failed.wantsLook(now: 10 * Self.second))
    }

    @Test("ordinary routes that come and go change nothing, and need no lookup")
    func ordinary() {
        var routing = known(true)
        routing.note(Self.route(looksAtMore: false))
        routing.note(Self.route(looksAtMore: false, isRemoval: true))
        #expect(routing.routesByDestination && !routing.wantsLook(now: 100 * Self.second))
    }

    @Test("a rule or route by more than the destination counts at once; after a removal, a lookup decides")
    func more() {
        var routing = known(true)
        routing.note(Self.route(looksAtMore: true))
        #expect(!routing.routesByDestination && !routing.wantsLook(now: 100 * Self.second))
        routing.note(Self.route(looksAtMore: true, isRemoval: true))
        #expect(!routing.routesByDestination)
        #expect(!routing.wantsLook(now: 9 * Self.second) && routing.wantsLook(now: 10 * Self.second))
        routing.noteLook(true, now: 10 * Self.second)
        #expect(routing.routesByDestination)
        // A replacement is reported as the new route only.
        routing.noteLook(false, now: 20 * Self.second)
        routing.note(Self.route(looksAtMore: false))
        #expect(routing.wantsLook(now: 30 * Self.second))
    }

    @Test("after lost messages nothing is known")
    func lost() {
        var routing = known(true)
        routing.note(.lost)
        #expect(!routing.routesByDestination && routing.wantsLook(now: 10 * Self.second))
    }
}
