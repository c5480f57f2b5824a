import FlowCore
import FlowLayout
import Testing

@testable import FlowLog

/// A ledger, a session and a clock, as in an instance.
private final class FlowBench {
    var ledger: FlowLedger
    let records: UnsafeMutablePointer<SlotRecord>
    var session = sluice_session()
    var word: ControlWord
    var monotonic: UInt64
    var entries: [FlowEntry] = []
    static let start: UInt64 = 1000 << 24
    static let wall: UInt64 = 1_700_000_000_000_000_000

    init(generation: UInt16 = 7, denies: Int = 1000) {
        records = .allocate(capacity: 4)
        records.initialize(repeating: SlotRecord(), count: 4)
        ledger = FlowLedger(
            records: records, intervalTicks: Tick.of(nanoseconds: FlowLedger.unscaledIntervalNanoseconds),
            sampling: DenySampling(perSecond: denies))
        monotonic = Self.start
        word = ControlWord(tick: 1000, state: .established, treatment: 0, generation: generation)
        (session.key, session.flags) = key("10.0.0.1", 5000, "192.0.2.1", 443)
        session.createdTick = 1000
        session.rule = 3
    }

    deinit { records.deallocate() }

    var clock: WallClock { WallClock(monotonic: monotonic, wall: Self.wall + monotonic - Self.start) }

    func pass(seconds: UInt64) { monotonic += seconds * 1_000_000_000 }

    func count(_ packets: UInt64, _ bytes: UInt64, back: UInt64, _ backBytes: UInt64) {
        session.originator.packets += packets
        session.originator.bytes += bytes
        session.responder.packets += back
        session.responder.bytes += backBytes
    }

    func event(_ kind: EventKind) -> sluice_event {
        var event = sluice_event()
        event.kind = kind.rawValue
        event.timeNanoseconds = monotonic
        event.key = session.key
        event.flags = session.flags
        event.rule = session.rule
        event.slot = 2
        event.generation = UInt32(word.generation)
        return event
    }

    func begin() {
        let entry = ledger.began(
            event(.begin), generation: word.generation, groupRule: session.groupRule, clock: clock)
        if let entry { entries.append(entry) }
    }
    func observe() { ledger.observed(slot: 2, word: word, session: session, clock: clock) { entries.append($0) } }
    func stop() { ledger.gatewayStopped(slot: 2, word: word, session: session, clock: clock) { entries.append($0) } }
    func release(_ reason: EndReason) {
        session.endReason = reason.rawValue
        let ending = word.with(state: .ending, tick: clock.tick)
        ledger.released(slot: 2, word: ending, session: session, clock: clock) { entries.append($0) }
    }
    var states: [FlowEntry.State] { entries.map(\.state) }
}

@Suite("Accounting of flows")
struct LedgerTests {
    @Test("LOG-1 every tuple has the group's rule; a deny has it only if a group has denied")
    func groupRules() {
        let bench = FlowBench()
        bench.session.originator.groupRulePart = 0x34
        bench.session.responder.groupRulePart = 0x12
        bench.begin()
        bench.pass(seconds: 301)
        bench.observe()
        bench.release(.reset)
        #expect(
            bench.entries.map(\.groupRule) == [0x1234, 0x1234, 0x1234] && bench.entries.allSatisfy { $0.rule == 3 })
        var denial = bench.event(.deny)
        #expect(bench.ledger.denied(denial, clock: bench.clock)?.groupRule == 0)
        denial.stage = PolicyStage.inboundGroup.rawValue
        #expect(bench.ledger.denied(denial, clock: bench.clock)?.groupRule == 3)
    }

    @Test("LOG-1 the documented session: begin, a tuple at 5 and 10 minutes, end; deltas that add up to 9125 packets")
    func documentedSession() {
        let bench = FlowBench()
        bench.begin()
        bench.count(1021, 588_096, back: 8005, 4_610_880)
        bench.pass(seconds: 299)
        bench.observe()
        #expect(bench.states == [.begin])
        bench.pass(seconds: 2)
        bench.observe()
        bench.observe()
        bench.count(52, 29952, back: 47, 27072)
        bench.pass(seconds: 120)
        bench.release(.fin)
        #expect(bench.states == [.begin, .continuing, .end])
        #expect(
            bench.entries[1].counters
                == FlowCounters(
                    packetsToDestination: 1021, bytesToDestination: 588_096, packetsToSource: 8005,
                    bytesToSource: 4_610_880))
        #expect(
            bench.entries[2].counters
                == FlowCounters(
                    packetsToDestination: 52, bytesToDestination: 29952, packetsToSource: 47, bytesToSource: 27072))
        let sum = bench.entries.reduce(FlowCounters()) { $0 + $1.counters }
        #expect(sum.packets == 9125 && sum.bytes == 5_256_000)
        #expect(bench.entries[2].totals == sum)
        #expect(bench.entries[2].reason == .fin)
        // Exact to one tick.
        #expect((420...421).contains((bench.entries[2].time - FlowBench.wall) / 1_000_000_000))
        #expect((FlowBench.wall...FlowBench.wall + Tick.nanoseconds).contains(bench.entries[2].beganAt))
    }

    @Test("LOG-2 a stopped gateway ends its sessions: the deltas are logged once, with the reason")
    func gatewayStopped() {
        let bench = FlowBench()
        bench.begin()
        bench.count(10, 1000, back: 5, 500)
        bench.pass(seconds: 301)
        bench.observe()
        bench.count(2, 200, back: 1, 100)
        bench.pass(seconds: 3)
        bench.stop()
        #expect(bench.states == [.begin, .continuing, .end])
        #expect(bench.entries[2].reason == .gatewayStopped)
        #expect(bench.entries[2].counters.packets == 3 && bench.entries[2].totals.packets == 18)
        #expect(bench.entries[2].time == bench.clock.wall)
        bench.word = bench.word.with(state: .free, tick: 0)
        bench.stop()
        #expect(bench.entries.count == 3)

        // A session that had ended, and whose slot was not released yet, keeps its own reason.
        let ended = FlowBench()
        ended.begin()
        ended.session.endReason = EndReason.fin.rawValue
        ended.word = ended.word.with(state: .closed, tick: ended.clock.tick)
        ended.stop()
        #expect(ended.states == [.begin, .end] && ended.entries[1].reason == .fin)
    }

    @Test("LOG-2 long sessions get a tuple every 5 minutes, also when idle")
    func everyFiveMinutes() {
        let bench = FlowBench()
        bench.begin()
        for _ in 0..<360 {
            bench.pass(seconds: 10)
            bench.observe()
        }
        #expect((11...12).contains(bench.states.filter { $0 == .continuing }.count))
        let times = bench.entries.map { ($0.time - FlowBench.wall) / 1_000_000_000 }
        for (one, next) in zip(times, times.dropFirst()) { #expect((300...311).contains(next - one)) }
    }

    @Test("LOG-2 a lost begin is logged later, by the walk or at the end, and only once")
    func lostBegin() {
        let byWalk = FlowBench()
        byWalk.observe()
        byWalk.begin()
        byWalk.release(.idleReset)
        #expect(byWalk.states == [.begin, .end])
        #expect((FlowBench.wall...FlowBench.wall + Tick.nanoseconds).contains(byWalk.entries[0].time))

        let byEnd = FlowBench()
        byEnd.count(1, 40, back: 0, 0)
        byEnd.release(.halfOpenTimeout)
        #expect(byEnd.states == [.begin, .end])
        // The event arrives when the slot has its next generation.
        let late = byEnd.event(.begin)
        #expect(byEnd.ledger.began(late, generation: 8, clock: byEnd.clock) == nil)
    }

    @Test("LOG-2 the next session of a slot has its own accounting")
    func nextGeneration() {
        let bench = FlowBench(generation: 65535)
        bench.begin()
        bench.count(5, 500, back: 5, 500)
        bench.release(.policy)
        bench.word = ControlWord(tick: 0, state: .established, treatment: 0, generation: 0)
        bench.session.originator.packets = 1
        bench.session.responder.packets = 0
        bench.begin()
        bench.release(.drain)
        #expect(bench.states == [.begin, .end, .begin, .end])
        #expect(bench.entries[3].counters.packetsToDestination == 1)
        #expect(bench.entries.filter { $0.state == .end }.map(\.reason) == [.policy, .drain])
    }

    @Test("LOG-2 a new process continues the same accounting: no tuple twice, no count twice")
    func restart() {
        let bench = FlowBench()
        bench.begin()
        bench.count(10, 1000, back: 0, 0)
        bench.pass(seconds: 301)
        bench.observe()
        bench.ledger = FlowLedger(records: bench.records, intervalTicks: bench.ledger.intervalTicks)
        bench.begin()
        bench.observe()
        bench.count(1, 100, back: 0, 0)
        bench.release(.reset)
        #expect(bench.states == [.begin, .continuing, .end])
        #expect(bench.entries[2].counters.packetsToDestination == 1)
        #expect(bench.entries[2].totals.packetsToDestination == 11)
    }

    @Test("LOG-3 in a flood of denies a limited number per second is logged, and the others are counted")
    func denySampling() {
        let bench = FlowBench(denies: 100)
        var logged = 0
        for _ in 0..<1000 where bench.ledger.denied(bench.event(.deny), clock: bench.clock) != nil { logged += 1 }
        bench.pass(seconds: 1)
        for _ in 0..<50 where bench.ledger.denied(bench.event(.deny), clock: bench.clock) != nil { logged += 1 }
        #expect(logged == 150)
        #expect(bench.ledger.takeOmissions() == Omissions(denies: 900))
        #expect(bench.ledger.takeOmissions().isEmpty)
    }

    @Test("idle sessions and free slots produce no tuple")
    func restingStates() {
        let bench = FlowBench()
        for state in [SessionState.free, .closed, .resetting, .ending, .ended] {
            bench.word = ControlWord(tick: 0, state: state, treatment: 0, generation: 7)
            bench.pass(seconds: 1000)
            #expect(!bench.ledger.isDue(slot: 2, word: bench.word, tick: bench.clock.tick))
            bench.observe()
        }
        #expect(bench.entries.isEmpty)
    }
}
