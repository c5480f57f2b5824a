/// What has been done so far, and how each of it is undone: when a step fails, the earlier ones are taken back in reverse
/// order, so that nothing half-configured stays (BAD-6).
struct UndoStack {
    private var steps: [(what: String, undo: () throws -> Void)] = []

    /// Something was done; `undo` takes it back.
    mutating func did(_ what: String, undo: @escaping () throws -> Void) { steps.append((what, undo)) }

    /// All went well: nothing is to be undone any more.
    mutating func commit() { steps.removeAll() }

    /// Takes back everything, last first. One that fails does not keep the others from being undone, but see `what`.
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
