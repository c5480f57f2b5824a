import Kernel
import Testing

@testable import Gateway

@Suite("Source routing")
struct SourceRoutingTests {
    private static let second: UInt64 = 1_000_000_000

    private static func route(dependsOnMore: Bool, isRemoval: Bool = false) -> RoutingSocket.News {
        // struct rtmsg with or without RTA_MULTIPATH.
        let payload: [UInt8] = [UInt8](repeating: 0, count: 12) + (dependsOnMore ? [4, 0, 9, 0] : [])
        guard let message = RoutingMessage(type: isRemoval ? 25 : 24, payload: payload[...]) else {
            preconditionFailure("not a route")
        }
        return .message(message)
    }

    private func known(_ found: Bool?) -> SourceRouting {
        var routing = SourceRouting()
        routing.noteRead(found, now: 0)
        return routing
    }

    @Test("nothing is known before the first lookup, or after a failed one")
    func unknown() {
        #expect(!SourceRouting().routesByDestination && SourceRouting().needsRead(now: 0))
        let failed = known(nil)
        #expect(!failed.routesByDestination)
        #expect(!failed.needsRead(now: 9 * Self.second) && failed.needsRead(now: 10 * Self.second))
    }

    @Test("ordinary routes that come and go change nothing, and need no lookup")
    func ordinary() {
        var routing = known(true)
        routing.note(Self.route(dependsOnMore: false))
        routing.note(Self.route(dependsOnMore: false, isRemoval: true))
        #expect(routing.routesByDestination && !routing.needsRead(now: 100 * Self.second))
    }

    @Test("a rule or route by more than the destination counts at once; after a removal, a lookup decides")
    func more() {
        var routing = known(true)
        routing.note(Self.route(dependsOnMore: true))
        #expect(!routing.routesByDestination && !routing.needsRead(now: 100 * Self.second))
        routing.note(Self.route(dependsOnMore: true, isRemoval: true))
        #expect(!routing.routesByDestination)
        #expect(!routing.needsRead(now: 9 * Self.second) && routing.needsRead(now: 10 * Self.second))
        routing.noteRead(true, now: 10 * Self.second)
        #expect(routing.routesByDestination)
        // A replacement is reported as the new route only.
        routing.noteRead(false, now: 20 * Self.second)
        routing.note(Self.route(dependsOnMore: false))
        #expect(routing.needsRead(now: 30 * Self.second))
    }

    @Test("after lost messages nothing is known")
    func lost() {
        var routing = known(true)
        routing.note(.lost)
        #expect(!routing.routesByDestination && routing.needsRead(now: 10 * Self.second))
    }
}
