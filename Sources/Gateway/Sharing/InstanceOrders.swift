package import FlowLayout

/// How the controller tells instances what to do, and sees what they have done: by their records in the shared memory.
package struct InstanceOrders {
    let instances: UnsafeMutablePointer<sluice_instance>
    let runtime: UnsafeMutablePointer<sluice_runtime>

    package init(instances: UnsafeMutablePointer<sluice_instance>, runtime: UnsafeMutablePointer<sluice_runtime>) {
        self.instances = instances
        self.runtime = runtime
    }

    // MARK: State

    package func state(of instance: UInt16) -> InstanceState {
        InstanceState(rawValue: sluice_load32(&instances[Int(instance)].state)) ?? .stopped
    }

    /// The instance acts on it at its next turn, at most 250 ms later. Write the steering table and ``setServing(_:)`` first
    /// when it shall take no sessions any more, and last when it shall.
    ///
    /// - Parameter drainWindowNanoseconds: how long the reset half lasts; for `drainingReset`.
    package func setState(of instance: UInt16, _ state: InstanceState, drainWindowNanoseconds: UInt64 = 0) {
        if state == .drainingReset {
            sluice_store64(&instances[Int(instance)].drainWindowNanoseconds, drainWindowNanoseconds)
        }
        sluice_store32(&instances[Int(instance)].state, state.rawValue)
    }

    // MARK: Steering

    /// The instances that take new sessions, as the kernel goes by it: one store.
    package func setServing(_ serving: [UInt16]) {
        var mask: UInt64 = 0
        for instance in serving { mask |= 1 << UInt64(instance & 63) }
        sluice_store64(&runtime.pointee.servingInstances, mask)
    }

    package var serving: [UInt16] {
        let mask = sluice_load64(&runtime.pointee.servingInstances)
        return (0..<64).filter { mask >> UInt64($0) & 1 != 0 }
    }

    // MARK: Questions

    /// Asks the instance's loop for a sign of life (RECOV-1).
    ///
    /// - Returns: the number that ``answered(by:)`` is at least, once it has answered.
    @discardableResult
    package func ask(_ instance: UInt16) -> UInt64 {
        let number = sluice_load64(&instances[Int(instance)].askedNumber) &+ 1
        sluice_store64(&instances[Int(instance)].askedNumber, number)
        return number
    }

    package func answered(by instance: UInt16) -> UInt64 { sluice_load64(&instances[Int(instance)].answeredNumber) }

    package func heartbeatNanoseconds(of instance: UInt16) -> UInt64 {
        sluice_load64(&instances[Int(instance)].heartbeatNanoseconds)
    }

    // MARK: Repeated resets

    /// Has the instance, in `drainingReset`, reset the ends of all sessions again from which a segment has come since
    /// (DRAIN-2).
    package func orderRepeatedResets(of instance: UInt16) {
        let record = instances + Int(instance)
        sluice_store32(&record.pointee.repeatsOrdered, sluice_load32(&record.pointee.repeatsOrdered) &+ 1)
    }

    /// Whether all repetitions that were ordered are done.
    package func hasRepeatedResets(_ instance: UInt16) -> Bool {
        let record = instances + Int(instance)
        return sluice_load32(&record.pointee.repeatsOrdered) == sluice_load32(&record.pointee.repeatsDone)
    }
}
