import Testing

@testable import Gateway

@Suite struct UndoStackTests {
    struct Failure: Error, CustomStringConvertible { let description = "it is stuck" }

    @Test("BAD-6 steps are undone in reverse order, and the others are undone after one fails")
    func reverse() {
        var order: [Int] = []
        var undo = UndoStack()
        undo.did("one") { order.append(1) }
        undo.did("two") { throw Failure() }
        undo.did("three") { order.append(3) }
        #expect(undo.unwind() == ["two could not be undone: it is stuck"])
        #expect(order == [3, 1])
        #expect(undo.unwind().isEmpty)
        #expect(order == [3, 1])
    }

    @Test("BAD-6 committed steps stay")
    func commit() {
        var undo = UndoStack()
        undo.did("one") { Issue.record("undone after all") }
        undo.commit()
        #expect(undo.unwind().isEmpty)
    }
}
