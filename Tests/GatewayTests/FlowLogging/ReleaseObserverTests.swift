import FlowCore
import FlowLayout
import Testing

@testable import Gateway

private final class Recorder: ReleaseObserver {
    var released: [(slot: Int, tick: UInt32, reason: UInt8, packets: UInt64)] = []

    func released(slot: Int, word: ControlWord, session: sluice_session) {
        self.released.append((slot, word.tick, session.endReason, session.originator.packets))
    }
}

@Suite("The report at a session's release")
struct ReleaseObserverTests {
    @Test("LOG-2 every session is reported once, with its reason, last counts and the time of its end")
    func toldOnce() throws {
        let plain = PlainTable()
        let machine = plain.machine()
        let recorder = Recorder()
        machine.release.observer = recorder
        let slot = try #require(plain.admit(port: 1, tick: 0))
        let end = PlainTable.northSouthTicks + 1
        machine.pass(now: end)
        while machine.workOff() {}
        #expect(recorder.released.isEmpty, "a tombstone stays")
        plain.table.sessions[slot].originator.packets += 1
        machine.pass(now: end + PlainTable.tombstoneTicks + 1)
        while machine.workOff() {}
        machine.pass(now: end + 10 * PlainTable.tombstoneTicks)
        while machine.workOff() {}
        #expect(recorder.released.count == 1)
        let told = try #require(recorder.released.first)
        #expect(told.slot == slot && told.tick == end && told.packets == 11)
        #expect(told.reason == EndReason.idleReset.rawValue)
    }
}
