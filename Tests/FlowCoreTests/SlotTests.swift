import FlowCore
import FlowLayout
import FlowModel
import Testing

@Suite("Slots and control words")
struct SlotTests {
    @Test("SESS-9 every slot is taken once, and again after it was released")
    func allocation() throws {
        let tables = ModelTables(slabs: 3, slabShift: 6)
        var taken: Set<UInt32> = []
        for _ in 0..<192 { taken.insert(try #require(SlotAllocation.takeSlot(of: 1, tables.table.checked))) }
        #expect(taken == Set(0..<192))
        #expect(SlotAllocation.takeSlot(of: 1, tables.table.checked) == nil)
        SlabRing.push(slot: 70, slab: tables.table.slabs + 1, ring: tables.table.freeRing, shift: 6)
        sluice_or64(UnsafeMutableRawPointer(tables.table.instances + 1).assumingMemoryBound(to: UInt64.self), 2)
        #expect(SlotAllocation.takeSlot(of: 1, tables.table.checked) == 70)
        #expect(SlotAllocation.takeSlot(of: 1, tables.table.checked) == nil)
    }

    @Test("SESS-9 processors that take slots at the same moment never get the same one")
    func race() async {
        let tables = SharedTables(ModelTables(slabs: 64, slabShift: 6))
        let taken = await withTaskGroup(of: [UInt32].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var mine: [UInt32] = []
                    while let slot = SlotAllocation.takeSlot(of: 1, tables.tables.table.checked) { mine.append(slot) }
                    return mine
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(taken.count == Set(taken).count)
        #expect(taken.count == 64 * 64)
    }

    /// Unchecked: the test shows that its memory may be shared.
    private struct SharedTables: @unchecked Sendable {
        let tables: ModelTables
        init(_ tables: ModelTables) { self.tables = tables }
    }

    @Test("IDLE-6 the fields of a control word do not affect each other")
    func word() {
        let word = ControlWord(tick: 0xFFFF_FFFE, state: .resetting, treatment: 0xABC, generation: 0xDEF0)
        #expect(word.tick == 0xFFFF_FFFE && word.state == .resetting && word.treatment == 0xABC)
        #expect(word.generation == 0xDEF0)
        let other = word.with(state: .free, tick: 3)
        #expect(other.state == .free && other.tick == 3 && other.treatment == 0xABC && other.generation == 0xDEF0)
    }

    @Test("IDLE-1 a timeout in ticks is never shorter than its duration")
    func ticks() {
        #expect(Tick.covering(nanoseconds: 0) == 1)
        #expect(Tick.covering(nanoseconds: Tick.nanoseconds) == 2)
        #expect(Tick.covering(nanoseconds: Tick.nanoseconds + 1) == 3)
        for seconds: UInt64 in [1, 240, 300, 604_800] {
            let ticks = Tick.covering(nanoseconds: seconds * 1_000_000_000)
            // The last activity was at the very end of its tick.
            #expect(UInt64(ticks) * Tick.nanoseconds >= seconds * 1_000_000_000 + Tick.nanoseconds)
            #expect(UInt64(ticks) * Tick.nanoseconds <= seconds * 1_000_000_000 + 2 * Tick.nanoseconds)
        }
    }
}
