import Foundation
import GRDB
import Glibc
@testable import Store
import TestSupport
import Testing

@Suite("History on failing disks")
struct HistoryFailureTests {
    @Test("BAD-6 a directory disappears: it is reported, events stay in memory, and are written when it is back")
    func vanished() throws {
        let place = HistoryPlace()
        let history = try place.open()
        history.record(event(1), state: [.set("fleet", 7)])
        try FileManager.default.removeItem(atPath: place.directory)
        #expect(!history.record(event(2)))
        #expect(history.problem?.contains("is missing: create the directory again, or mount it") == true)
        #expect(!history.record(event(3)))
        history.tend(now: 1)
        #expect(history.problem != nil)
        #expect(history.waiting == 2)

        try FileManager.default.createDirectory(atPath: place.directory, withIntermediateDirectories: false)
        history.tend(now: 2)
        #expect(history.problem == nil)
        #expect(history.waiting == 0)
        #expect(try place.events().seconds == [2, 3])
        #expect(try HistoryReader(path: place.path).state("fleet", as: Int.self) == 7, "state is written again")
        #expect(history.takeNotices().contains { $0.contains("written again") })
    }

    @Test("BAD-6 a file that is removed under a running controller is created again")
    func removed() throws {
        let place = HistoryPlace()
        let history = try place.open()
        history.record(event(1))
        for suffix in ["", "-wal", "-shm"] { unlink(place.path + suffix) }
        history.record(event(2))
        history.tend(now: 1)
        #expect(history.problem == nil)
        #expect(try place.events().seconds == [2])
    }

    @Test("BAD-6 a damaged file is renamed with a message, and a new one is created", arguments: [0, 4096])
    func damaged(offset: Int) throws {
        let place = HistoryPlace()
        do {
            let history = try place.open()
            for second in 1...200 as ClosedRange<UInt64> { history.record(event(second)) }
        }
        let file = try #require(FileHandle(forUpdatingAtPath: place.path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        try file.close()

        let history = try place.open(now: 77_000_000_000)
        #expect(history.problem == nil)
        let notice = try #require(history.takeNotices().first)
        #expect(notice.contains("\(place.path).damaged-77") && notice.contains(".recover"))
        #expect(access("\(place.path).damaged-77", F_OK) == 0)
        history.record(event(500))
        #expect(try place.events().seconds == [500])
    }

    @Test("BAD-6 a file of a newer version is refused, and not changed")
    func newer() throws {
        let place = HistoryPlace()
        do { try place.open().record(event(1)) }
        try DatabaseQueue(path: place.path).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9: of the future')")
        }
        #expect(throws: HistoryError.newer(path: place.path)) { try place.open() }
        #expect(throws: HistoryError.newer(path: place.path)) { try HistoryReader(path: place.path) }
        #expect("\(HistoryError.newer(path: "/x"))".contains("move the file away"))
    }

    @Test("BAD-6 a full disk: a record returns quickly, the events wait, and are written when there is room")
    func full() throws {
        let place = HistoryPlace()
        let disk = try SmallDisk(megabytes: 1)
        let history = try History(gateway: "edge", stateDirectory: disk.path, now: 1)
        let path = HistoryPath.of(gateway: "edge", in: disk.path)
        #expect(history.record(event(1), state: [.set("fleet", 1)]))
        disk.fill()
        var second: UInt64 = 2
        let begin = Date()
        while history.problem == nil && second < 5000 {
            history.record(event(second, detail: ["what": .text(String(repeating: "x", count: 500))]))
            second += 1
        }
        #expect(history.problem?.contains("no space is left") == true, "\(history.problem ?? "no problem")")
        history.record(event(second), state: [.set("fleet", 2)])
        history.tend(now: 2)
        #expect(Date().timeIntervalSince(begin) < 5)
        #expect(history.problem != nil)
        #expect(history.waiting == 2)
        #expect(history.state("fleet", as: Int.self) == 2, "the state that waits is the state")

        disk.empty()
        history.tend(now: 3)
        #expect(history.problem == nil, "\(history.problem ?? "")")
        #expect(try HistoryReader(path: path).events().seconds == Array(1...second))
        #expect(try HistoryReader(path: path).state("fleet", as: Int.self) == 2)
        _ = place
    }

    @Test("BAD-6 a disk that is full from the start does not prevent a gateway from starting")
    func fullFromTheStart() throws {
        let disk = try SmallDisk(megabytes: 1)
        disk.fill()
        let history = try History(gateway: "edge", stateDirectory: disk.path, now: 1)
        #expect(history.problem != nil)
        history.record(event(1), state: [.set("fleet", 1)])
        history.tend(now: 2)
        #expect(history.problem != nil)
        disk.empty()
        history.tend(now: 3)
        #expect(history.problem == nil, "\(history.problem ?? "")")
        #expect(try HistoryReader(path: HistoryPath.of(gateway: "edge", in: disk.path)).events().seconds == [1])
    }

    @Test("the memory for waiting events is bounded: the oldest are dropped and counted, and the history reports it")
    func bounded() {
        var queue = HistoryQueue(limit: 3)
        queue.add([event(1), event(2)], [.set("fleet", 1)])
        queue.add([event(3), event(4), event(5)], [.set("fleet", 2), .set("other", 1)])
        #expect(queue.events.seconds == [3, 4, 5])
        #expect(queue.lost == 2)
        #expect(queue.stateChanges == [.set("fleet", 2), .set("other", 1)])
        #expect(
            queue.eventsWithGap.map(\.kind) == [HistoryEvent.gapKind] + Array(repeating: "instanceStarted", count: 3))
        #expect(queue.eventsWithGap.first?.detail == ["lost": 2])
        #expect(queue.eventsWithGap.first?.time == 1_000_000_000)
        queue.written()
        #expect(queue.isEmpty && queue.eventsWithGap.isEmpty)
        #expect(queue.lost == 2)
    }
}
