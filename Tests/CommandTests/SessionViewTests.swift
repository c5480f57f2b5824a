import FlowCore
import FlowLayout
import FoundationEssentials
@testable import Inspection
import Testing

struct SessionViewTests {
    @Test("SESS-10 a session shows direction, class, rule, owner, state, age, idle time, counts and positions")
    func fields() throws {
        let table = Fixture.table
        let record = try #require(table.memory.record(at: 26))
        let view = Fixture.describer.view(record)
        #expect(view.id == "1a-7")
        #expect(view.protocol == "tcp")
        #expect(view.source == .init(address: "10.1.0.10", port: 51234))
        #expect(view.destination == .init(address: "203.0.113.10", port: 443))
        #expect(view.direction == "outbound")
        #expect(view.trafficClass == "northSouth")
        #expect(view.state == "established")
        #expect(view.rule == "web")
        #expect(view.instance == 1)
        #expect(abs(view.ageSeconds - 75.5) < 0.03)
        #expect(abs(view.idleSeconds - 12.4) < 0.03)
        #expect(view.packets == .init(toDestination: 12, toSource: 10))
        #expect(view.bytes == .init(toDestination: 3456, toSource: 7_890_123))
        #expect(view.idleTimeoutSeconds == 240)
        #expect(view.onIdle == "reset")
        #expect(view.endReason == "none")
        #expect(view.positions.originator == .init(sequenceEnd: 1_000_100, acknowledged: 2_000_200))
        #expect(view.positions.responder == .init(sequenceEnd: 2_000_200, acknowledged: 1_000_100))
        #expect(view.zones == .init(source: "client", destination: "internet"))
    }

    @Test("SESS-10 the JSON has every field of the contract")
    func contractFields() throws {
        let view = try #require(Fixture.views.first)
        let data = try JSONEncoder().encode(view)
        let object = try JSONDecoder().decode([String: AnyMember].self, from: data)
        let contract = [
            "id", "protocol", "source", "destination", "direction", "trafficClass", "state", "rule", "instance",
            "ageSeconds", "idleSeconds", "packets", "bytes", "idleTimeoutSeconds",
        ]
        for name in contract { #expect(object[name] != nil, "\(name) is missing") }
        #expect(object["source"]?.members == ["address", "port"])
        #expect(object["destination"]?.members == ["address", "port"])
        #expect(object["packets"]?.members == ["toDestination", "toSource"])
        #expect(object["bytes"]?.members == ["toDestination", "toSource"])
    }

    @Test(
        "SESS-10 the timeout shown is that of the session's state",
        arguments: [
            (SessionState.synSent, 30.0, "silent"), (.synReceived, 30, "silent"), (.established, 240, "reset"),
            (.closing, 120, "reset"), (.closed, 10, "silent"), (.resetting, 10, "silent"),
        ])
    func timeoutOfState(state: SessionState, seconds: Double, onIdle: String) throws {
        let table = TableMemory()
        table.put(5, state: state, Fixture.session("10.1.0.10", 51234, "203.0.113.10", 443))
        let view = Fixture.describer.view(try #require(table.memory.record(at: 5)))
        #expect(view.idleTimeoutSeconds == seconds && view.onIdle == onIdle)
    }

    @Test("RST-6 if the ends of a session sign their segments, it is shown as one that can't be reset")
    func authenticated() throws {
        let table = TableMemory()
        table.put(5, Fixture.session("10.1.0.10", 179, "10.2.0.10", 179, flags: SessionFlags.signed))
        let view = Fixture.describer.view(try #require(table.memory.record(at: 5)))
        #expect(view.tcpAuthentication)
        #expect(Fixture.views.allSatisfy { !$0.tcpAuthentication })
    }

    @Test("an inbound IPv4 session, an east-west IPv6 session and a tombstone are shown as such")
    func kinds() throws {
        let views = Fixture.views
        #expect(views.map(\.id) == ["1a-7", "46-7", "47-1", "c8-65535", "ca-7"])
        #expect(views[1].trafficClass == "eastWest")
        #expect(views[1].source.address == "fd00:1::10")
        #expect(views[1].instance == 2)
        #expect(views[1].idleTimeoutSeconds == 300)
        #expect(views[2].direction == "inbound")
        #expect(views[2].rule == "#9")
        #expect(views[3].state == "resetting")
        #expect(views[3].endReason == "idleReset")
        #expect(views[4].protocol == "icmp")
    }

    @Test("free slots, and slots that are being released, hold no session")
    func notLive() {
        let table = Fixture.table
        #expect(table.memory.record(at: 0) == nil)
        #expect(table.memory.record(at: 201) == nil)
        #expect(table.memory.record(SessionIdentifier(slot: 26, generation: 6)) == nil)
        #expect(table.memory.record(SessionIdentifier(slot: 5000, generation: 6)) == nil)
        #expect(table.memory.record(SessionIdentifier(slot: 26, generation: 7)) != nil)
    }

    @Test("if a segment arrives after the clock is read, the idle time is 0, not 2 years")
    func newerThanNow() throws {
        let table = TableMemory()
        table.put(0, idleTicks: UInt32.max, Fixture.session("10.0.0.1", 1, "10.0.0.2", 2))
        let view = Fixture.describer.view(try #require(table.memory.record(at: 0)))
        #expect(view.idleSeconds == 0)
    }

    @Test("identifiers can be parsed again", arguments: ["0-0", "1a2b-7", "ffffffff-65535"])
    func identifiers(text: String) {
        #expect(SessionIdentifier(text)?.description == text)
    }

    @Test("an invalid identifier is refused", arguments: ["", "1a2b", "-7", "1a2b-", "1a2b-65536", "xyz-1", "1-2-3"])
    func badIdentifiers(text: String) {
        #expect(SessionIdentifier(text) == nil)
    }

    @Test(
        "a treatment's ticks are shown as the configured duration",
        arguments: [
            4.0, 5, 240, 300, 0.5, 1.5, 604_800, 7200, 30, 0.167,
        ])
    func durations(seconds: Double) {
        let ticks = Tick.covering(nanoseconds: UInt64((seconds * 1000).rounded()) * 1_000_000)
        let told = TreatmentDuration.seconds(ticks: ticks)
        // Sixtieths of a second and similar values are equal within a tick.
        if seconds == 0.167 { #expect(abs(told - seconds) < 0.017) } else { #expect(told == seconds) }
    }
}

/// A JSON value. Only the names of its members matter.
private struct AnyMember: Decodable {
    let members: Set<String>

    private struct Name: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        members = Set((try? decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)) ?? [])
    }
}
