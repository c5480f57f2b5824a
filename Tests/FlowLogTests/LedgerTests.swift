import FlowCore
import FlowLayout
import Testing

@testable import FlowLog

/// A ledger, a session and a clock, as the instance has them.
private final class Books {
    var ledger: FlowLedger
    let marks: UnsafeMutablePointer<FlowMark>
    var session = sluice_session()
    var word: ControlWord
    var monotonic: UInt64
    var told: [FlowEntry] = []
    static let start: UInt64 = 1000 << 24
    static let wall: UInt64 = 1_700_000_000_000_000_000

    init(generation: UInt16 = 7, denies: Int = 1000) {
        marks = .allocate(capacity: 4)
        marks.initialize(repeating: FlowMark(), count: 4)
        ledger = FlowLedger(
            marks: marks, intervalTicks: Tick.of(nanoseconds: FlowLedger.unscaledIntervalNanoseconds),
            sampling: DenySampling(perSecond: denies))
        monotonic = Self.start
        word = ControlWord(tick: 1000, state: .established, treatment: 0, generation: generation)
        (session.key, session.flags) = key("10.0.0.1", 5000, "192.0.2.1", 443)
        session.createdTick = 1000
        session.rule = 3
    }

    deinit { marks.deallocate() }

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
        if let entry { told.append(entry) }
    }
    func look() { ledger.looked(slot: 2, word: word, session: session, clock: clock) { told.append($0) } }
    func stop() { ledger.gatewayStopped(slot: 2, word: word, session: session, clock: clock) { told.append($0) } }
    func release(_ reason: EndReason) {
        session.endReason = reason.rawValue
        let ending = word.with(state: .ending, tick: clock.tick)
        ledger.released(slot: 2, word: ending, session: session, clock: clock) { told.append($0) }
    }
    var states: [FlowEntry.State] { told.map(\.state) }
}

@Suite("The books of flows")
struct LedgerTests {
    @Test("LOG-1 every tuple carries the group's rule; a denial only where a group has denied")
    func groupRules() {
        let books = Books()
        books.session.originator.groupRulePart = 0x34
        books.session.responder.groupRulePart = 0x12
        books.begin()
        books.pass(seconds: 301)
        books.look()
        books.release(.reset)
        #expect(books.told.map(\.groupRule) == [0x1234, 0x1234, 0x1234] && books.told.allSatisfy { $0.rule == 3 })
        var denial = books.event(.deny)
        #expect(books.ledger.denied(denial, clock: books.clock)?.groupRule == 0)
        denial.stage = PolicyStage.inboundGroup.rawValue
        #expect(books.ledger.denied(denial, clock: books.clock)?.groupRule == 3)
    }

    @Test("LOG-1 the documented session: begin, a tuple at 5 and 10 minutes, end; deltas that add up to 9125 packets")
    func documentedSession() {
        let books = Books()
        books.begin()
        books.count(1021, 588_096, back: 8005, 4_610_880)
        books.pass(seconds: 299)
        books.look()
        #expect(books.states == [.begin])
        books.pass(seconds: 2)
        books.look()
        books.look()
        books.count(52, 29952, back: 47, 27072)
        books.pass(seconds: 120)
        books.release(.fin)
        #expect(books.states == [.begin, .continuing, .end])
        #expect(
            books.told[1].counters
                == FlowCounters(
                    packetsToDestination: 1021, bytesToDestination: 588_096, packetsToSource: 8005,
                    bytesToSource: 4_610_880))
        #expect(
            books.told[2].counters
                == FlowCounters(
                    packetsToDestination: 52, bytesToDestination: 29952, packetsToSource: 47, bytesToSource: 27072))
        let sum = books.told.reduce(FlowCounters()) { $0 + $1.counters }
        #expect(sum.packets == 9125 && sum.bytes == 5_256_000)
        #expect(books.told[2].totals == sum)
        #expect(books.told[2].reason == .fin)
        // As exact as a tick.
        #expect((420...421).contains((books.told[2].time - Books.wall) / 1_000_000_000))
        #expect((Books.wall...Books.wall + Tick.nanoseconds).contains(books.told[2].beganAt))
    }

    @Test("LOG-2 a gateway that is taken down ends its sessions: the deltas are told, with the reason, and told once")
    func gatewayStopped() {
        let books = Books()
        books.begin()
        books.count(10, 1000, back: 5, 500)
        books.pass(seconds: 301)
        books.look()
        books.count(2, 200, back: 1, 100)
        books.pass(seconds: 3)
        books.stop()
        #expect(books.states == [.begin, .continuing, .end])
        #expect(books.told[2].reason == .gatewayStopped)
        #expect(books.told[2].counters.packets == 3 && books.told[2].totals.packets == 18)
        #expect(books.told[2].time == books.clock.wall)
        books.word = books.word.with(state: .free, tick: 0)
        books.stop()
        #expect(books.told.count == 3)

        // One that has ended, and whose slot was not given back yet, keeps its own reason.
        let ended = Books()
        ended.begin()
        ended.session.endReason = EndReason.fin.rawValue
        ended.word = ended.word.with(state: .closed, tick: ended.clock.tick)
        ended.stop()
        #expect(ended.states == [.begin, .end] && ended.told[1].reason == .fin)
    }

    @Test("LOG-2 long sessions get a tuple every 5 minutes, also when idle")
    func everyFiveMinutes() {
        let books = Books()
        books.begin()
        for _ in 0..<360 {
            books.pass(seconds: 10)
            books.look()
        }
        #expect((11...12).contains(books.states.filter { $0 == .continuing }.count))
        let times = books.told.map { ($0.time - Books.wall) / 1_000_000_000 }
        for (one, next) in zip(times, times.dropFirst()) { #expect((300...311).contains(next - one)) }
    }

    @Test("LOG-2 a begin that was lost is made up for, by the walk or by the end, and told once")
    func lostBegin() {
        let byWalk = Books()
        byWalk.look()
        byWalk.begin()
        byWalk.release(.idleReset)
        #expect(byWalk.states == [.begin, .end])
        #expect((Books.wall...Books.wall + Tick.nanoseconds).contains(byWalk.told[0].time))

        let byEnd = Books()
        byEnd.count(1, 40, back: 0, 0)
        byEnd.release(.halfOpenTimeout)
        #expect(byEnd.states == [.begin, .end])
        // The event comes when the slot has its next generation.
        let late = byEnd.event(.begin)
        #expect(byEnd.ledger.began(late, generation: 8, clock: byEnd.clock) == nil)
    }

    @Test("LOG-2 the next session of a slot has books of its own")
    func nextGeneration() {
        let books = Books(generation: 65535)
        books.begin()
        books.count(5, 500, back: 5, 500)
        books.release(.policy)
        books.word = ControlWord(tick: 0, state: .established, treatment: 0, generation: 0)
        books.session.originator.packets = 1
        books.session.responder.packets = 0
        books.begin()
        books.release(.drain)
        #expect(books.states == [.begin, .end, .begin, .end])
        #expect(books.told[3].counters.packetsToDestination == 1)
        #expect(books.told.filter { $0.state == .end }.map(\.reason) == [.policy, .drain])
    }

    @Test("LOG-2 a new process goes on with the same books: no tuple twice, no count twice")
    func restart() {
        let books = Books()
        books.begin()
        books.count(10, 1000, back: 0, 0)
        books.pass(seconds: 301)
        books.look()
        books.ledger = FlowLedger(marks: books.marks, intervalTicks: books.ledger.intervalTicks)
        books.begin()
        books.look()
        books.count(1, 100, back: 0, 0)
        books.release(.reset)
        #expect(books.states == [.begin, .continuing, .end])
        #expect(books.told[2].counters.packetsToDestination == 1)
        #expect(books.told[2].totals.packetsToDestination == 11)
    }

    @Test("LOG-3 of a flood of denies so many a second are logged, and the others counted")
    func denySampling() {
        let books = Books(denies: 100)
        var logged = 0
        for _ in 0..<1000 where books.ledger.denied(books.event(.deny), clock: books.clock) != nil { logged += 1 }
        books.pass(seconds: 1)
        for _ in 0..<50 where books.ledger.denied(books.event(.deny), clock: books.clock) != nil { logged += 1 }
        #expect(logged == 150)
        #expect(books.ledger.takeOmissions() == Omissions(denies: 900))
        #expect(books.ledger.takeOmissions().isEmpty)
    }

    @Test("what rests or is free makes no tuple")
    func restingStates() {
        let books = Books()
        for state in [SessionState.free, .closed, .resetting, .ending, .ended] {
            books.word = ControlWord(tick: 0, state: state, treatment: 0, generation: 7)
            books.pass(seconds: 1000)
            #expect(!books.ledger.isDue(slot: 2, word: books.word, tick: books.clock.tick))
            books.look()
        }
        #expect(books.told.isEmpty)
    }
}
