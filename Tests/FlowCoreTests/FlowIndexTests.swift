import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("Flow index")
struct FlowIndexTests {
    private func key(_ number: Int) -> sluice_session_key {
        sluice_session_key.of(
            source: sluice_address(ipv4: 0x0A00_0000 | UInt32(number >> 8)),
            destination: sluice_address(ipv4: 0xCB00_710A),
            sourcePort: 1024 + UInt16(number & 0xFF), destinationPort: 443, protocol: 6, family: 4
        ).key
    }

    private func fill(_ tables: ModelTables, _ slot: UInt32, _ number: Int) {
        tables.session(slot)?.pointee.key = key(number)
    }

    @Test("SESS-9 every slot fits into the index, and is found again")
    func full() {
        let tables = ModelTables(slabs: 64, slabShift: 8)
        for number in 0..<tables.table.slotCount {
            fill(tables, UInt32(number), number)
            var key = key(number)
            #expect(tables.insertFlow(&key, hash: tables.keyHash(of: &key), slot: UInt32(number)))
        }
        for number in 0..<tables.table.slotCount {
            var key = key(number)
            #expect(tables.findFlow(&key)?.slot == UInt32(number))
        }
        for number in stride(from: 0, to: tables.table.slotCount, by: 2) { tables.removeFlow(key(number)) }
        for number in 0..<tables.table.slotCount {
            var key = key(number)
            #expect((tables.findFlow(&key) != nil) == (number % 2 == 1))
        }
    }

    @Test("SESS-9 a key has two places in one page; the second is used if the first is more than half full")
    func places() throws {
        let tables = ModelTables(slabs: 64, slabShift: 8)
        let runtime = try #require(tables.runtime)
        var inSecond = 0
        for number in 0..<(tables.table.slotCount / 2) {
            fill(tables, UInt32(number), number)
            var key = key(number)
            let place = FlowIndex.Place(&key, runtime)
            #expect(place.first != place.second && place.first / 64 == place.second / 64)
            let used = try count(tables, place.first)
            #expect(tables.insertFlow(&key, hash: tables.keyHash(of: &key), slot: UInt32(number)))
            if try count(tables, place.first) == used {
                inSecond += 1
                #expect(used >= 5)
            }
        }
        #expect(inSecond > 0 && inSecond < tables.table.slotCount / 40, "\(inSecond) of \(tables.table.slotCount / 2)")
    }

    private func count(_ tables: ModelTables, _ bucket: UInt32) throws -> Int {
        let entries = try #require(tables.table.checked.bucket(bucket))
        return (0..<8).count { entries[$0] != 0 }
    }

    @Test("BAD-9 if all entries of a full bucket have the same tag, each is found, and none is entered twice")
    func sameTag() throws {
        let tables = ModelTables()
        let runtime = try #require(tables.runtime)
        for place in 0..<8 {
            var wanted = key(1)
            let home = FlowIndex.Place(&wanted, runtime)
            let bucket = try #require(tables.table.checked.bucket(home.first))
            for way in 0..<8 {
                fill(tables, UInt32(way), way == place ? 1 : 100 + way)
                bucket[way] = home.tag << 32 | UInt64(way + 1)
            }
            #expect(tables.findFlow(&wanted)?.slot == UInt32(place))
            fill(tables, 20, 1)
            #expect(!tables.insertFlow(&wanted, hash: tables.keyHash(of: &wanted), slot: 20))
        }
    }

    @Test("SESS-9 a key is entered once")
    func once() {
        let tables = ModelTables()
        var key = key(1)
        fill(tables, 0, 1)
        fill(tables, 1, 1)
        #expect(tables.insertFlow(&key, hash: tables.keyHash(of: &key), slot: 0))
        #expect(!tables.insertFlow(&key, hash: tables.keyHash(of: &key), slot: 1))
        #expect(tables.findFlow(&key)?.slot == 0)
        // Only its own slot removes it.
        tables.removeFlow(&key, slot: 1)
        #expect(tables.findFlow(&key)?.slot == 0)
        tables.removeFlow(&key, slot: 0)
        #expect(tables.findFlow(&key) == nil)
    }

    @Test("SESS-9 if two processors enter the same key at once, at most one entry stays")
    func race() async {
        struct Shared: @unchecked Sendable {
            // Unchecked: the test shows that this memory may be shared.
            let tables = ModelTables(slabs: 4, slabShift: 8)
        }
        let shared = Shared()
        for number in 0..<1024 { fill(shared.tables, UInt32(number), number / 2) }
        let keys = (0..<512).map(key)
        let entered = await withTaskGroup(of: Set<Int>.self) { group in
            for worker in 0..<2 {
                group.addTask {
                    var mine: Set<Int> = []
                    for number in 0..<512 {
                        var key = keys[number]
                        if shared.tables.insertFlow(
                            &key, hash: shared.tables.keyHash(of: &key), slot: UInt32(number * 2 + worker))
                        {
                            mine.insert(number)
                        }
                    }
                    return mine
                }
            }
            return await group.reduce(into: [Set<Int>]()) { $0.append($1) }
        }
        #expect(entered[0].isDisjoint(with: entered[1]))
        for number in 0..<512 {
            var key = keys[number]
            let found = shared.tables.findFlow(&key)
            #expect((found != nil) == (entered[0].contains(number) || entered[1].contains(number)))
        }
    }
}
