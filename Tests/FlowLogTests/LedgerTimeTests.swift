import FlowCore
import FlowLayout
import Testing

@testable import FlowLog

/// A session with times in nanoseconds. The ledger sees only what the kernel stores: ticks.
private final class TimedSession {
    /// The length of a tick for this oracle: 2^24 ns.
    static let tick: UInt64 = 16_777_216
    static let calendar: UInt64 = 1_700_000_000_000_000_000

    private let records = UnsafeMutablePointer<SlotRecord>.allocate(capacity: 1)
    private var ledger: FlowLedger
    private var session = sluice_session()
    private(set) var entries: [FlowEntry] = []
    /// CLOCK_REALTIME minus CLOCK_MONOTONIC.
    var offset = TimedSession.calendar

    init() {
        records.initialize(to: SlotRecord())
        ledger = FlowLedger(records: records, intervalTicks: UInt32(300_000_000_000 / Self.tick))
        (session.key, session.flags) = key("10.0.0.1", 5000, "192.0.2.1", 443)
    }

    deinit { records.deallocate() }

    func clock(_ now: UInt64) -> WallClock { WallClock(monotonic: now, wall: now + offset) }

    /// - Parameter isLost: whether the kernel's event is lost, so that the begin is logged later.
    func begin(_ packet: UInt64, seenAt now: UInt64, isLost: Bool = false) {
        session.createdTick = UInt32(packet / Self.tick)
        guard !isLost else { return }
        var event = sluice_event()
        event.kind = EventKind.begin.rawValue
        event.timeNanoseconds = packet
        (event.key, event.flags) = (session.key, session.flags)
        if let entry = ledger.began(event, generation: 0, clock: clock(now)) { entries.append(entry) }
    }

    func look(lastPacket: UInt64, at now: UInt64) {
        ledger.observed(slot: 0, word: word(.established, lastPacket), session: session, clock: clock(now)) {
            entries.append($0)
        }
    }

    func release(lastPacket: UInt64, at now: UInt64) {
        session.endReason = EndReason.fin.rawValue
        ledger.released(slot: 0, word: word(.ending, lastPacket), session: session, clock: clock(now)) {
            entries.append($0)
        }
    }

    func stopGateway(lastPacket: UInt64, at now: UInt64) {
        ledger.gatewayStopped(
            slot: 0, word: word(.established, lastPacket), session: session, clock: clock(now)
        ) { entries.append($0) }
    }

    private func word(_ state: SessionState, _ packet: UInt64) -> ControlWord {
        ControlWord(tick: UInt32(packet / Self.tick), state: state, treatment: 0, generation: 0)
    }
}

@Suite("Times of flows")
struct LedgerTimeTests {
    private static let start: UInt64 = 1_000_000 * TimedSession.tick
    /// The position of events within a tick.
    private static let places: [UInt64] = [0, 1, 500_000, 8_000_000, 16_000_000, 16_777_215]
    private static let lengths: [UInt64] = [
        0, 1, 300_000, 2_000_000, 16_777_215, 16_777_216, 40_000_000, 2_000_000_000,
    ]

    @Test(
        "LOG-1 a short session's end is not earlier than its begin, nor than its last packet", arguments: [false, true])
    func shortSessions(beginIsLost: Bool) {
        for place in Self.places {
            for length in Self.lengths {
                for wait: UInt64 in [0, 3_000_000, 10_000_000_000] {
                    let session = TimedSession()
                    let (first, last) = (Self.start + place, Self.start + place + length)
                    session.begin(first, seenAt: first + 100_000, isLost: beginIsLost)
                    session.release(lastPacket: last, at: last + wait)
                    let (begin, end) = (session.entries[0], session.entries[1])
                    #expect(begin.state == .begin && end.state == .end)
                    let real = (first: first + session.offset, last: last + session.offset)
                    #expect(begin.time >= real.first && begin.time <= real.first + TimedSession.tick)
                    #expect(end.time >= begin.time, "begins \(place) ns into a tick, lasts \(length) ns")
                    #expect(end.time >= real.last && end.time <= real.last + TimedSession.tick)
                    // The session line has the same begin, and the real length.
                    #expect(end.beganAt == begin.time)
                    #expect(end.lastedNanoseconds <= length + 2 * TimedSession.tick)
                    #expect(end.lastedNanoseconds + TimedSession.tick >= length)
                }
            }
        }
    }

    @Test(
        "LOG-2 a session that the stopping gateway ends: its end is not earlier than a packet that arrived after the clock was read"
    )
    func gatewayStopped() {
        for place in Self.places {
            let session = TimedSession()
            session.begin(Self.start + place, seenAt: Self.start + place)
            // The word is read after the clock.
            session.stopGateway(lastPacket: Self.start + place + 5_000_000, at: Self.start + place + 1)
            #expect(session.entries[1].time >= Self.start + place + 5_000_000 + session.offset)
        }
    }

    @Test(
        "LOG-1 the wall clock is set while a session lives: its tuples stay in order, and its length is correct",
        arguments: [-3_600_000_000_000, -20_000_000, 20_000_000, 3_600_000_000_000] as [Int64])
    func clockIsSet(step: Int64) {
        let session = TimedSession()
        let minute: UInt64 = 60_000_000_000
        session.begin(Self.start + 7, seenAt: Self.start + 9)
        session.look(lastPacket: Self.start + 5 * minute, at: Self.start + 5 * minute + 100_000_000)
        session.offset = UInt64(Int64(session.offset) + step)
        session.look(lastPacket: Self.start + 10 * minute, at: Self.start + 10 * minute + 200_000_000)
        session.release(lastPacket: Self.start + 12 * minute, at: Self.start + 12 * minute + 10_000_000_000)
        #expect(session.entries.map(\.state) == [.begin, .continuing, .continuing, .end])
        let times = session.entries.map(\.time)
        #expect(times == times.sorted())
        // By the clock before or after, whichever is later.
        let moved = step > 0 ? UInt64(step) : 0
        #expect(times[3] >= Self.start + 12 * minute + TimedSession.calendar + moved - TimedSession.tick)
        #expect(times[3] <= Self.start + 12 * minute + TimedSession.calendar + moved + 2 * TimedSession.tick)
        let lasted = session.entries[3].lastedNanoseconds
        #expect(lasted >= 12 * minute - TimedSession.tick && lasted <= 12 * minute + TimedSession.tick)
    }

    @Test("LOG-1 if the clock is set back between a session's two packets, its end is still after its begin")
    func clockIsSetBack() {
        let session = TimedSession()
        session.begin(Self.start, seenAt: Self.start)
        session.offset -= 3_600_000_000_000
        session.release(lastPacket: Self.start + 40_000_000, at: Self.start + 50_000_000)
        #expect(session.entries[1].time >= session.entries[0].time)
        #expect(session.entries[1].beganAt == session.entries[0].time)
    }
}
