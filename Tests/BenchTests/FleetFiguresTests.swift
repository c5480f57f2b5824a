import Testing

@testable import sluice_bench

@Suite("Figures of the fleet")
struct FleetFiguresTests {
    @Test("times of the history are read with their fractions")
    func times() {
        #expect(SluiceHistory.seconds("1970-01-01T00:00:10Z") == 10)
        #expect(SluiceHistory.seconds("1970-01-01T00:01:00.250000000Z") == 60.25)
        #expect(SluiceHistory.seconds("1970-01-01T00:00:10") == nil)
        #expect(SluiceHistory.seconds("yesterdayZ") == nil)
    }

    @Test("memory is read from the kernel's summary, and private pages are added up")
    func memory() {
        let text = """
            00400000-7ffc0000 ---p 00000000 00:00 0    [rollup]
            Rss:               20480 kB
            Pss:               10240 kB
            Pss_Anon:           4096 kB
            Private_Clean:       100 kB
            Private_Dirty:       200 kB

            """
        let memory = ProcessMemory(rollup: text)
        #expect(memory.residentKibibytes == 20480)
        #expect(memory.proportionalKibibytes == 10240)
        #expect(memory.privateKibibytes == 300)
        #expect((memory + memory).residentKibibytes == 40960)
    }

    /// The state that the watch reads. The test changes it.
    private final class World {
        var isGone = false
        var owners = [3: 1, 4: 1]
        var passes: [Int: UInt64] = [2: 7, 5: 100]
    }

    @Test("a takeover is complete when every new owner has finished two passes after the last slab moved")
    func takeover() {
        let world = World()
        var watch = TakeoverWatch(
            instance: 1, slabs: [3, 4],
            eyes: TakeoverWatch.Eyes(
                isGone: { world.isGone }, owner: { world.owners[$0] ?? 0 }, passes: { world.passes[$0] ?? 0 }))
        watch.check(now: 10)
        #expect(watch.goneAt == nil && watch.movedAt == nil)
        world.isGone = true
        watch.check(now: 20)
        world.owners = [3: 2, 4: 0]
        watch.check(now: 30)
        #expect(watch.goneAt == 20 && watch.movedAt == nil, "a slab without an owner is not aged")
        world.owners = [3: 2, 4: 5]
        watch.check(now: 40)
        #expect(watch.movedAt == 40 && watch.agedAtLeastAt == nil)
        world.passes = [2: 8, 5: 100]
        watch.check(now: 50)
        #expect(watch.agedAtLeastAt == nil)
        world.passes = [2: 9, 5: 101]
        watch.check(now: 60)
        #expect(watch.agedAtLeastAt == 60 && !watch.isOver)
        world.passes = [2: 9, 5: 102]
        watch.check(now: 70)
        #expect(watch.agedAtMostAt == 70 && watch.isOver)
    }
}
