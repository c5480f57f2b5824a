import FlowCore
import Glibc
import Testing

@testable import Gateway

@Suite struct AgeingBenchmark {
    @Test("IDLE-1 benchmark, prints only: CPU time of a pass over 1,000,000 sessions")
    func pass() {
        let plain = PlainTable(slots: 1 << 20, slabShift: 12)
        for slot in 0..<plain.table.slotCount {
            plain.table.words[slot] =
                ControlWord(tick: UInt32(slot & 0xFF), state: .established, treatment: UInt16(slot & 1), generation: 1)
                .rawValue
        }
        let machine = plain.machine()
        let passes = 5
        machine.pass(now: 300)
        let before = clock()
        for _ in 0..<passes { #expect(machine.pass(now: 300).expired == 0) }
        let microseconds = Double(clock() - before) / Double(passes) * 1e6 / Double(CLOCKS_PER_SEC)
        let perSlot = microseconds * 1000 / Double(plain.table.slotCount)
        let share = microseconds * 4 / 1e6 * 100
        print(
            "ageing: \(Int(microseconds)) us a pass over \(plain.table.slotCount) sessions, \(perSlot) ns a slot, \(share) % of a core"
        )
    }
}
