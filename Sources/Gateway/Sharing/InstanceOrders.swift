package import Fleet
package import FlowLayout

/// The controller's orders to instances, and their progress, in their records in the shared memory.
package struct InstanceOrders {
    let instances: UnsafeMutablePointer<sluice_instance>
    let runtime: UnsafeMutablePointer<sluice_runtime>

    package init(instances: UnsafeMutablePointer<sluice_instance>, runtime: UnsafeMutablePointer<sluice_runtime>) {
        self.instances = instances
        self.runtime = runtime
    }

    // MARK: State

    package func state(of instance: UInt16) -> InstanceState {
        InstanceState(recordValue: sluice_load32(&instances[Int(instance)].state)) ?? .stopped
    }

    /// Orders a state. The instance follows it in its next iteration, at most 250 ms later. To stop new sessions, write the steering table
    /// and ``setServing(_:)`` before it; to start them, after it.
    ///
    /// A reader that sees the state also sees what was written before it, including the window.
    ///
    /// - Parameter drainWindowNanoseconds: the time within which all sessions must be reset; for `drainingReset`, which has no effect
    ///   without it.
    package func setState(of instance: UInt16, _ state: InstanceState, drainWindowNanoseconds: UInt64 = 0) {
        if state == .drainingReset {
            sluice_store64(&instances[Int(instance)].drainWindowNanoseconds, drainWindowNanoseconds)
        }
        sluice_store32_release(&instances[Int(instance)].state, state.recordValue)
    }

    // MARK: Steering

    /// The instances that take new sessions, as the kernel reads them: one store.
    package func setServing(_ serving: [UInt16]) {
        var mask: UInt64 = 0
        for instance in serving { mask |= 1 << UInt64(instance & 63) }
        sluice_store64(&runtime.pointee.servingInstances, mask)
    }

    // MARK: Repeated resets

    /// Orders the instance, in `drainingReset`, to reset again both ends of every tombstone that has received a segment since (DRAIN-2).
    package func orderRepeatedResets(of instance: UInt16) {
        let record = instances + Int(instance)
        sluice_store32(&record.pointee.repeatsOrdered, sluice_load32(&record.pointee.repeatsOrdered) &+ 1)
    }
}

/// The table that maps new sessions to instances, as the kernel reads it.
package struct SteeringMemory {
    package static let count = Int(SLUICE_STEERING_ENTRIES)

    let entries: UnsafeMutablePointer<UInt8>

    package init(entries: UnsafeMutablePointer<UInt8>) { self.entries = entries }

    /// Replaces the table, one entry at a time: any mixture of the old and the new table is correct.
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
