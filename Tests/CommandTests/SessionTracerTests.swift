import FlowCore
import FlowLayout
import Testing

@testable import Inspection
@testable import sluice

struct SessionTracerTests {
    private let table = TableMemory()
    private static let interval: UInt64 = 1_000_000_000

    private func record(
        _ state: SessionState, packets: UInt64 = 1, flags: UInt8 = 0, endFlags: UInt8 = 0,
        endReason: EndReason = .none, instance: UInt16 = 1
    ) throws -> SessionRecord {
        var session = Fixture.session("10.1.0.10", 51234, "203.0.113.10", 443)
        session.originator.packets = packets
        session.originator.flags = endFlags
        session.flags |= flags
        session.endReason = endReason.rawValue
        table.put(5, state: state, session)
        let found = try #require(table.memory.record(at: 5))
        return SessionRecord(slot: found.slot, word: found.word, session: found.session, instance: instance)
    }

    @Test("LOOK-3 a trace shows states, owner, FINs, RSTs and the end, each once and in order")
    func story() throws {
        var tracer = SessionTracer(try record(.synSent), now: 0, positionInterval: Self.interval)
        func kinds(_ record: SessionRecord, now: UInt64 = 1) -> [SessionTraceEvent.Kind] {
            tracer.observe(record, now: now).map(\.kind)
        }
        #expect(kinds(try record(.synSent)).isEmpty)
        #expect(kinds(try record(.established)) == [.state])
        #expect(kinds(try record(.established, instance: 2)) == [.owner])
        #expect(kinds(try record(.established, instance: 2)).isEmpty)
        let closing = try record(.closing, packets: 2, endFlags: EndFlags.fin, instance: 2)
        #expect(kinds(closing) == [.positions, .fin, .state])
        let reset = try record(.resetting, packets: 2, endFlags: EndFlags.fin, endReason: .drain, instance: 2)
        let events = tracer.observe(reset, now: 2)
        #expect(events.map(\.kind) == [.reset])
        #expect(events.first?.what == "both ends are reset (drain): was closing")
        let spoke = try record(
            .resetting, packets: 2, flags: SessionFlags.spokeSinceReset, endFlags: EndFlags.fin, endReason: .drain,
            instance: 2)
        #expect(kinds(spoke) == [.resetRepeated])
        #expect(kinds(spoke).isEmpty)
        #expect(tracer.end(remains: nil).what == "it has ended: drain")
    }

    @Test("LOOK-3 positions are shown no more often than requested, and none is lost")
    func positions() throws {
        var tracer = SessionTracer(try record(.established), now: 0, positionInterval: Self.interval)
        func kinds(_ packets: UInt64, now: UInt64) throws -> [SessionTraceEvent.Kind] {
            tracer.observe(try record(.established, packets: packets), now: now).map(\.kind)
        }
        #expect(try kinds(2, now: Self.interval / 2).isEmpty)
        // Nothing new, but the delayed position is due.
        #expect(try kinds(2, now: Self.interval) == [.positions])
        #expect(try kinds(2, now: 3 * Self.interval).isEmpty)
        #expect(try kinds(3, now: 4 * Self.interval) == [.positions])
    }

    @Test("LOOK-3 the reason of a missed end is read from the slot, unless another session has the slot already")
    func remains() throws {
        var tracer = SessionTracer(try record(.established), now: 0, positionInterval: Self.interval)
        var other = Fixture.session("10.1.0.99", 1, "203.0.113.10", 443)
        other.endReason = EndReason.policy.rawValue
        #expect(tracer.end(remains: other).what == "it has ended: reason unknown")
        let ended = try record(.closed, endReason: .fin).session
        let (last, what) = tracer.end(remains: ended)
        #expect(what == "it has ended: fin" && last.session.endReason == EndReason.fin.rawValue)
    }
}
