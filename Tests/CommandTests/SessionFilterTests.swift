import FlowCore
@testable import Inspection
import Policy
import Testing

struct SessionFilterTests {
    private func slots(_ filter: SessionFilter) -> [UInt32] {
        let table = Fixture.table
        var slots: [UInt32] = []
        table.memory.forEach(where: filter) { slots.append($0.slot) }
        return slots
    }

    @Test("no filter passes every session")
    func empty() {
        #expect(SessionFilter().isEmpty)
        #expect(slots(SessionFilter()) == [26, 70, 71, 200, 202])
    }

    @Test("source is the end that opened the session, destination the other, whatever their order in the key")
    func prefixes() throws {
        let external = try AddressPrefix(parsing: "203.0.113.0/24")
        #expect(slots(SessionFilter(source: external)) == [71])
        #expect(slots(SessionFilter(destination: external)) == [26, 200, 202])
        #expect(slots(SessionFilter(source: try AddressPrefix(parsing: "fd00:1::/64"))) == [70])
        #expect(slots(SessionFilter(source: try AddressPrefix(parsing: "10.1.0.10"))) == [26, 200, 202])
    }

    @Test("an IPv4 prefix matches no IPv6 session, and an IPv6 prefix no IPv4 session")
    func families() throws {
        #expect(slots(SessionFilter(source: try AddressPrefix(parsing: "0.0.0.0/0"))) == [26, 71, 200, 202])
        #expect(slots(SessionFilter(source: try AddressPrefix(parsing: "::/0"))) == [70])
    }

    @Test("port, protocol, class, state and instance")
    func others() {
        #expect(slots(SessionFilter(port: 443)) == [26, 200])
        #expect(slots(SessionFilter(port: 51234)) == [26])
        #expect(slots(SessionFilter(ipProtocol: 1)) == [202])
        #expect(slots(SessionFilter(trafficClass: .eastWest)) == [70])
        #expect(slots(SessionFilter(state: .synSent)) == [71])
        #expect(slots(SessionFilter(instance: 2)) == [70, 71])
        #expect(slots(SessionFilter(port: 443, state: .established)) == [26])
        #expect(slots(SessionFilter(port: 443, state: .closing)) == [])
    }
}
