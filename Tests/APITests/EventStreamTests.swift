import FoundationEssentials
import Inspection
import Store
import TestSupport
import Testing

@testable import API

/// Streams of events, without a server.
@Suite struct EventStreamTests {
    private let place = TemporaryDirectory()

    private func history() throws -> (History, HistoryAccess) {
        let history = try History(gateway: "edge", stateDirectory: place.path, now: 1)
        return (history, HistoryAccess(HistoryLocation(gateway: "edge", path: history.path)))
    }

    private func add(_ count: Int, _ kind: String = "sessionsEnded", to history: History) {
        history.record(
            (0..<count).map { HistoryEvent(time: 1_000_000_000 + UInt64($0), kind: kind, subject: "gateway") })
    }

    private func ids(_ text: String) -> [Int] {
        text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
    }

    @Test("API-2 each event is sent once, with its id, its kind and its JSON, however many there are")
    func all() throws {
        let (history, access) = try history()
        add(250, to: history)
        let stream = EventStream(history: access, filter: HistoryFilter(), after: 10)
        var (last, hasCaughtUp) = (Int64(10), false)
        var seen: [Int] = []
        while true {
            let text = stream.next(&last, &hasCaughtUp)
            if text.isEmpty { break }
            #expect(text.contains("event: sessionsEnded\ndata: {\"detail\":{},"))
            seen += ids(text)
        }
        #expect(seen == Array(11...250))
        add(2, to: history)
        #expect(ids(stream.next(&last, &hasCaughtUp)) == [251, 252])
        #expect(stream.next(&last, &hasCaughtUp).isEmpty)
    }

    @Test(
        "API-2 a client that falls too far behind loses the oldest events, and receives their number; one that reconnects does not"
    )
    func slowReader() throws {
        let (history, access) = try history()
        add(5, to: history)
        let stream = EventStream(history: access, filter: HistoryFilter(), after: 0)
        var (last, hasCaughtUp) = (Int64(0), false)
        #expect(ids(stream.next(&last, &hasCaughtUp)) == Array(1...5))
        add(1300, to: history)
        let text = stream.next(&last, &hasCaughtUp)
        #expect(text.hasPrefix("event: lost\nid: 305\ndata: {\"lost\":300}\n\n"), "\(text.prefix(80))")
        #expect(ids(text).dropFirst().first == 306)

        // A client that reconnects gets everything from the history.
        var (since, isThere) = (Int64(5), false)
        let back = EventStream(history: access, filter: HistoryFilter(), after: 5)
        var seen: [Int] = []
        while true {
            let text = back.next(&since, &isThere)
            if text.isEmpty { break }
            #expect(!text.contains("event: lost"))
            seen += ids(text)
        }
        #expect(seen == Array(6...1305))
    }

    @Test("API-2 a stream of one kind skips the others")
    func filtered() throws {
        let (history, access) = try history()
        add(500, to: history)
        add(1, "scaleOut", to: history)
        let stream = EventStream(history: access, filter: HistoryFilter(kinds: ["scaleOut"]), after: 0)
        var (last, hasCaughtUp) = (Int64(0), false)
        #expect(ids(stream.next(&last, &hasCaughtUp)) == [501])
        #expect(stream.next(&last, &hasCaughtUp).isEmpty && last == 501)
    }

    @Test("API-5 a limited number of streams; the place of a client that has gone is free again")
    func seats() {
        let seats = SeatCount(limit: 2)
        var held = [seats.take(), seats.take()]
        #expect(held.allSatisfy { $0 != nil } && seats.take() == nil)
        held.removeLast()
        #expect(seats.take() != nil)
        withExtendedLifetime(held) {}
    }
}
