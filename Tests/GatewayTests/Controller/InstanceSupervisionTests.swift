import Testing

@testable import Gateway

@Suite struct InstanceSupervisionTests {
    static let second: UInt64 = 1_000_000_000

    @Test("RECOV-1 an instance that misses its heartbeat for more than 5 s is killed, once, and replaced")
    func silent() {
        var supervision = InstanceSupervision()
        let start = 100 * Self.second
        #expect(supervision.tick(now: start, heartbeat: 0) == .start)
        supervision.started(now: start)
        #expect(supervision.tick(now: start + Self.second, heartbeat: start + Self.second / 2) == .none)
        let last = start + 2 * Self.second
        #expect(supervision.tick(now: last + 5 * Self.second, heartbeat: last) == .none)
        #expect(
            supervision.tick(now: last + 5 * Self.second + 1, heartbeat: last) == .kill(silentFor: 5 * Self.second + 1))
        #expect(supervision.tick(now: last + 6 * Self.second, heartbeat: last) == .none)
        supervision.ended()
        #expect(supervision.tick(now: last + 7 * Self.second, heartbeat: last) == .start)
    }

    @Test("RECOV-1 a new process is given time, though the record still has its predecessor's heartbeat")
    func newProcess() {
        var supervision = InstanceSupervision()
        supervision.started(now: 100 * Self.second)
        #expect(supervision.tick(now: 104 * Self.second, heartbeat: 1) == .none)
        #expect(supervision.tick(now: 106 * Self.second, heartbeat: 1) == .kill(silentFor: 6 * Self.second))
    }

    @Test("RECOV-1 an instance that dies at once is started again at most once a second")
    func pause() {
        var supervision = InstanceSupervision()
        supervision.started(now: 10 * Self.second)
        supervision.ended()
        #expect(supervision.tick(now: 10 * Self.second + 1, heartbeat: 0) == .none)
        #expect(supervision.tick(now: 11 * Self.second - 1, heartbeat: 0) == .none)
        #expect(supervision.tick(now: 11 * Self.second, heartbeat: 0) == .start)
        supervision.startFailed(now: 11 * Self.second)
        #expect(supervision.tick(now: 11 * Self.second + 1, heartbeat: 0) == .none)
        #expect(supervision.tick(now: 12 * Self.second, heartbeat: 0) == .start)
    }

    @Test("RECOV-3 an adopted instance is watched like one's own, and replaced at once when it dies")
    func adopted() {
        var supervision = InstanceSupervision()
        supervision.adopted(now: 10 * Self.second)
        #expect(supervision.tick(now: 11 * Self.second, heartbeat: 11 * Self.second) == .none)
        supervision.ended()
        #expect(supervision.tick(now: 11 * Self.second, heartbeat: 11 * Self.second) == .start)
    }
}
