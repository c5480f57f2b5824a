internal import Fleet
internal import FlowLayout

/// The instance's heartbeat in the shared memory, for the controller and for `sluice status`.
struct Heartbeat {
    let record: UnsafeMutablePointer<sluice_instance>

    /// The process begins to serve.
    ///
    /// - Parameter now: CLOCK_MONOTONIC, nanoseconds.
    func begin(processIdentifier: Int32, now: UInt64) {
        record.pointee.startedNanoseconds = now
        switch InstanceState(recordValue: sluice_load32(&record.pointee.state)) {
        case .drainingRefuse, .drainingReset, .ending:
            // An order, which remains when the process that received it ends.
            break
        case .stopped, .serving, .starting, .unresponsive, nil:
            sluice_store32(&record.pointee.state, InstanceState.serving.recordValue)
        }
        beat(now: now)
        // Last, so that a reader of the identifier finds a new heartbeat.
        sluice_store32(&record.pointee.processIdentifier, UInt32(bitPattern: processIdentifier))
    }

    /// Writes a heartbeat, and answers the controller's question.
    func beat(now: UInt64) {
        sluice_store64(&record.pointee.heartbeatNanoseconds, now)
        sluice_store64(&record.pointee.answeredNumber, sluice_load64(&record.pointee.askedNumber))
    }

    /// The process ends normally.
    func end() {
        sluice_store32(&record.pointee.state, InstanceState.stopped.recordValue)
        sluice_store32(&record.pointee.processIdentifier, 0)
    }
}
