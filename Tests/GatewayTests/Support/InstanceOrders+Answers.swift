import FlowLayout

@testable import Gateway

/// What a controller reads in the records of instances, and asks by them.
extension InstanceOrders {
    /// Asks the instance's loop for an answer, as the fleet's shell does once a second (RECOV-1).
    ///
    /// - Returns: the number that ``answered(by:)`` is at least, once it has answered.
    @discardableResult
    func ask(_ instance: UInt16) -> UInt64 {
        let number = sluice_load64(&instances[Int(instance)].askedNumber) &+ 1
        sluice_store64(&instances[Int(instance)].askedNumber, number)
        return number
    }

    func answered(by instance: UInt16) -> UInt64 { sluice_load64(&instances[Int(instance)].answeredNumber) }

    func heartbeatNanoseconds(of instance: UInt16) -> UInt64 {
        sluice_load64(&instances[Int(instance)].heartbeatNanoseconds)
    }

    /// Whether all repetitions that were ordered are done.
    func hasRepeatedResets(_ instance: UInt16) -> Bool {
        let record = instances + Int(instance)
        return sluice_load32(&record.pointee.repeatsOrdered) == sluice_load32(&record.pointee.repeatsDone)
    }
}
