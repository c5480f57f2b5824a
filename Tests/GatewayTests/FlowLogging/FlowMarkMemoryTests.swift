import FlowLog
import TestSupport
import Testing

@testable import Gateway

@Suite("The marks that instances share")
struct FlowMarkMemoryTests {
    @Test("LOG-2 instances see each other's marks, and a new process those of the one before it")
    func shared() throws {
        let place = TemporaryDirectory()
        let path = "\(place.path)/marks"
        let first = try FlowMarkMemory(path: path, slotCount: 64, identity: 7)
        first.marks[5].generationPlusOne = 3
        let second = try FlowMarkMemory(path: path, slotCount: 64, identity: 7)
        #expect(second.marks[5].hasLoggedBegin(of: 2))
        second.marks[6].generationPlusOne = 9
        #expect(first.marks[6].hasLoggedBegin(of: 8))
        let other = try FlowMarkMemory(path: path, slotCount: 64, identity: 8)
        #expect(other.marks[5] == FlowMark(), "another datapath's marks do not count")
    }

    @Test("LOG-3 what the kernel omitted is logged once, by the instance that asks first, also after a crash")
    func told() throws {
        let place = TemporaryDirectory()
        let path = "\(place.path)/marks"
        let first = try FlowMarkMemory(path: path, slotCount: 64, identity: 7)
        let second = try FlowMarkMemory(path: path, slotCount: 64, identity: 7)
        #expect(first.new(.suppressedDenies, of: 100) == 100)
        #expect(second.new(.suppressedDenies, of: 100) == 0)
        #expect(second.new(.suppressedDenies, of: 130) == 30)
        #expect(first.new(.suppressedDenies, of: 120) == 0, "read before the other asked")
        #expect(first.new(.lostEvents, of: 4) == 4)
        let next = try FlowMarkMemory(path: path, slotCount: 64, identity: 7)
        #expect(next.new(.suppressedDenies, of: 131) == 1)
        let other = try FlowMarkMemory(path: path, slotCount: 64, identity: 8)
        #expect(other.new(.suppressedDenies, of: 2) == 2)
    }
}
