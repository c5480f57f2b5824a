import FlowLog
import TestSupport
import Testing

@testable import Gateway

@Suite("The records that instances share")
struct SlotRecordMemoryTests {
    @Test("LOG-2 instances see each other's records, and a new process those of the one before it")
    func shared() throws {
        let place = TemporaryDirectory()
        let path = "\(place.path)/records"
        let first = try SlotRecordMemory(path: path, slotCount: 64, identity: 7)
        first.records[5].generationPlusOne = 3
        let second = try SlotRecordMemory(path: path, slotCount: 64, identity: 7)
        #expect(second.records[5].hasLoggedBegin(of: 2))
        second.records[6].generationPlusOne = 9
        #expect(first.records[6].hasLoggedBegin(of: 8))
        let other = try SlotRecordMemory(path: path, slotCount: 64, identity: 8)
        #expect(other.records[5] == SlotRecord(), "another datapath's records do not count")
    }

    @Test("LOG-3 what the kernel omitted is logged once, by the instance that asks first, also after a crash")
    func reported() throws {
        let place = TemporaryDirectory()
        let path = "\(place.path)/records"
        let first = try SlotRecordMemory(path: path, slotCount: 64, identity: 7)
        let second = try SlotRecordMemory(path: path, slotCount: 64, identity: 7)
        #expect(first.new(.suppressedDenies, of: 100) == 100)
        #expect(second.new(.suppressedDenies, of: 100) == 0)
        #expect(second.new(.suppressedDenies, of: 130) == 30)
        #expect(first.new(.suppressedDenies, of: 120) == 0, "read before the other asked")
        #expect(first.new(.lostEvents, of: 4) == 4)
        let next = try SlotRecordMemory(path: path, slotCount: 64, identity: 7)
        #expect(next.new(.suppressedDenies, of: 131) == 1)
        let other = try SlotRecordMemory(path: path, slotCount: 64, identity: 8)
        #expect(other.new(.suppressedDenies, of: 2) == 2)
    }
}
