import Foundation
import Store
import Testing

@Suite("History")
struct HistoryTests {
    private struct Snapshot: Codable, Equatable {
        var serving: [Int]
        var phase: String
    }

    @Test("OPS-4 events survive a restart, with cause and details, in the order in which they were written")
    func survive() throws {
        let place = HistoryPlace()
        let written = [
            event(
                5, detail: ["sessions": 12, "draining": false, "rate": 1.5, "zones": .list(["a", "b"]), "none": .null]),
            event(3, "gatewayStarted", "gateway"),
        ]
        do {
            let history = try place.open()
            #expect(history.record(written))
            #expect(history.problem == nil)
        }
        _ = try place.open()
        var read = try place.events()
        #expect(read.map(\.id) == [1, 2])
        for index in read.indices { read[index].id = 0 }
        #expect(read == written)
    }

    @Test("filters: since, kinds, subjects, a number of the newest, and what follows an event")
    func filters() throws {
        let place = HistoryPlace()
        let history = try place.open()
        for second in 1...6 as ClosedRange<UInt64> {
            history.record(
                event(second, second % 2 == 0 ? "instanceEnded" : "instanceStarted", "instance \(second % 3)"))
        }
        #expect(try place.events(HistoryFilter(since: 4_000_000_000)).seconds == [4, 5, 6])
        #expect(try place.events(HistoryFilter(kinds: ["instanceEnded"])).seconds == [2, 4, 6])
        #expect(try place.events(HistoryFilter(subjects: ["instance 0", "instance 1"])).seconds == [1, 3, 4, 6])
        #expect(try place.events(HistoryFilter(kinds: ["instanceStarted"], subjects: ["instance 1"])).seconds == [1])
        #expect(try place.events(limit: 2).seconds == [5, 6])
        #expect(try place.events(HistoryFilter(after: 3), limit: 2).seconds == [4, 5])
        #expect(try HistoryReader(path: place.path).lastIdentifier() == 6)
    }

    @Test("KEEP-3 a state and its event are written together: after a kill both exist, or neither")
    func state() throws {
        let place = HistoryPlace()
        let first = Snapshot(serving: [1, 2], phase: "rolling")
        do {
            let history = try place.open()
            history.record(event(1), state: [.set("fleet", first), .set("maintenance", "paused")])
            history.record(state: [.remove("maintenance")])
            #expect(history.state("fleet", as: Snapshot.self) == first)
        }
        let history = try place.open()
        #expect(history.state("fleet", as: Snapshot.self) == first)
        #expect(history.state("maintenance", as: String.self) == nil)
        #expect(history.state("fleet", as: [Int].self) == nil, "not such a value")
        #expect(try HistoryReader(path: place.path).state("fleet", as: Snapshot.self) == first)
    }

    @Test("events that are too old or too many are removed, the oldest first")
    func retention() throws {
        let place = HistoryPlace()
        var limits = HistoryLimits()
        limits.events = 3
        limits.ageNanoseconds = 10_000_000_000
        let history = try place.open(limits: limits)
        for second in 1...6 as ClosedRange<UInt64> { history.record(event(second)) }
        history.tend(now: 12_000_000_000)
        #expect(try place.events().seconds == [4, 5, 6])
        history.tend(now: 12_000_000_000 + 3_600_000_000_000)
        #expect(try place.events().isEmpty)
        history.record(event(9999))
        #expect(try place.events().map(\.id) == [7], "a number is never given twice")
    }

    @Test("a reader sees events that are written while it reads, and reports a missing history")
    func reader() throws {
        let place = HistoryPlace()
        #expect(throws: HistoryError.missing(path: place.path)) { try HistoryReader(path: place.path) }
        let history = try place.open()
        let reader = try HistoryReader(path: place.path)
        #expect(try reader.events().isEmpty)
        history.record(event(1))
        #expect(try reader.events().seconds == [1])
        #expect("\(HistoryError.missing(path: "/x"))".contains("stateDirectory"))
    }
}
