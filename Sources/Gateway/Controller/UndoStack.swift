/// The steps done so far, and how to undo each. If a step fails, the earlier ones are undone in reverse order, so that nothing
/// half-configured stays (BAD-6).
struct UndoStack {
    private var steps: [(what: String, undo: () throws -> Void)] = []

    /// Records a step that was done; `undo` reverts it.
    mutating func did(_ what: String, undo: @escaping () throws -> Void) { steps.append((what, undo)) }

    /// All steps have succeeded: nothing has to be undone any more.
    mutating func commit() { steps.removeAll() }

    /// Undoes every step, the last one first. If one fails, the others are still undone.
    ///
    /// - Returns: what could not be undone, and why.
    mutating func unwind() -> [String] {
        var failures: [String] = []
        while let step = steps.popLast() {
            do {
                try step.undo()
            } catch {
                failures.append("\(step.what) could not be undone: \(error)")
            }
        }
        return failures
    }
}
