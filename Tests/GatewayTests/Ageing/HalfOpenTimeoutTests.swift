import FlowCore
import Testing

@testable import Gateway

@Suite struct HalfOpenTimeoutTests {
    @Test(
        "SESS-9 from 60 % occupancy half-open timeouts shrink linearly, to a tenth in a full table",
        arguments: [(0, 1000), (599, 1000), (600, 1000), (700, 775), (800, 550), (900, 325), (1000, 100), (2000, 100)]
            as [(Int, UInt32)])
    func shrinks(occupied: Int, ticks: UInt32) {
        #expect(HalfOpenTimeout.ticks(configuredTicks: 1000, occupied: occupied, capacity: 1000) == ticks)
    }

    @Test("SESS-9 a timeout never shrinks to nothing")
    func atLeastOne() {
        #expect(HalfOpenTimeout.ticks(configuredTicks: 1, occupied: 64, capacity: 64) == 1)
        #expect(HalfOpenTimeout.ticks(configuredTicks: UInt32.max >> 1, occupied: 1 << 24, capacity: 1 << 24) > 1 << 20)
    }

    @Test("SESS-9 the scan uses the shrunk timeout; established sessions keep theirs")
    func scan() throws {
        let plain = PlainTable()
        for port in 0..<255 { plain.admit(port: UInt16(port)) }
        let slot = try #require(plain.admit(port: 300, state: .synSent))
        let machine = plain.machine()
        machine.pass(now: 11)
        #expect(plain.state(slot) == .ending)
        #expect(plain.state(0) == .established)
    }
}
