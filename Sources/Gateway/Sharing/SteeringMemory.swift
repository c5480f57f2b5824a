internal import FlowLayout

/// The table that says which instance gets which new sessions, as the kernel reads it.
package struct SteeringMemory {
    package static let count = Int(SLUICE_STEERING_ENTRIES)

    let entries: UnsafeMutablePointer<UInt8>

    package init(entries: UnsafeMutablePointer<UInt8>) { self.entries = entries }

    /// Replaces the table, an entry at a time: any mixture of the old and the new one is right.
    ///
    /// - Returns: how many entries changed.
    @discardableResult
    package func write(_ table: [UInt8]) -> Int {
        precondition(table.count == Self.count, "a steering table has \(Self.count) entries, not \(table.count)")
        var changed = 0
        for index in 0..<Self.count where entries[index] != table[index] {
            entries[index] = table[index]
            changed += 1
        }
        return changed
    }

    package func read() -> [UInt8] { (0..<Self.count).map { entries[$0] } }
}
