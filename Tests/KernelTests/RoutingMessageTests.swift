import Testing

@testable import Kernel

@Suite("Routing messages")
struct RoutingMessageTests {
    /// A message: a fixed part of twelve bytes, and one attribute of four bytes for each type.
    private func payload(sourceBits: UInt8 = 0, typeOfService: UInt8 = 0, _ types: [UInt8]) -> ArraySlice<UInt8> {
        let header: [UInt8] = [2, 24, sourceBits, typeOfService, 254, 0, 0, 1, 0, 0, 0, 0]
        return (header + types.flatMap { [8, 0, $0, 0, 1, 2, 3, 4] as [UInt8] })[...]
    }

    private func dependsOnMore(_ type: UInt16, _ payload: ArraySlice<UInt8>) -> Bool? {
        RoutingMessage(type: type, payload: payload)?.dependsOnMore
    }

    @Test("a route uses more than the destination if it has a source prefix, several next hops, or a nexthop object")
    func routes() {
        // RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_TABLE, RTA_METRICS.
        #expect(dependsOnMore(24, payload([1, 4, 5, 6, 15, 8])) == false)
        #expect(dependsOnMore(24, payload(sourceBits: 64, [1, 4])) == true)
        #expect(dependsOnMore(24, payload([1, 9])) == true)
        #expect(dependsOnMore(24, payload([1, 30])) == true)
        #expect(RoutingMessage(type: 25, payload: payload([1, 9]))?.isRemoval == true)
    }

    @Test("a rule uses more than the destination if it has any other selector, also an unknown one")
    func rules() {
        #expect(dependsOnMore(32, payload([1, 6, 14, 15, 21])) == false)
        #expect(dependsOnMore(32, payload(sourceBits: 32, [2, 15])) == true)
        #expect(dependsOnMore(32, payload(typeOfService: 8, [15])) == true)
        // FRA_IIFNAME, FRA_FWMARK, FRA_L3MDEV, FRA_IP_PROTO, and one of a future kernel.
        for selector: UInt8 in [3, 10, 19, 22, 200] { #expect(dependsOnMore(32, payload([15, selector])) == true) }
        #expect(RoutingMessage(type: 33, payload: payload([15]))?.subject == .rule)
        #expect(RoutingMessage(type: 33, payload: payload([15]))?.isRemoval == true)
    }

    @Test("a truncated message counts as using more than the destination, and other messages are ignored")
    func others() {
        #expect(dependsOnMore(24, [2, 24, 0]) == true)
        #expect(dependsOnMore(24, payload([1]) + [200, 0, 4, 0]) == true)
        #expect(dependsOnMore(32, payload([15]) + [2, 0, 4, 0]) == true)
        #expect(dependsOnMore(28, payload([1])) == nil)
    }
}
