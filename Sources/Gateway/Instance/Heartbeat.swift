internal import FlowLayout

/// The instance's sign of life in the shared memory, for the controller and for `sluice status`.
struct Heartbeat {
    let record: UnsafeMutablePointer<sluice_instance>

    /// The process has taken up its work.
    ///
    /// - Parameter now: CLOCK_MONOTONIC, nanoseconds.
    func begin(processIdentifier: Int32, now: UInt64) {
        record.pointee.startedNanoseconds = now
        record.pointee.state = InstanceState.serving.rawValue
        beat(now: now)
        // Last, so that who reads an identifier finds a fresh heartbeat.
        sluice_store32(&record.pointee.processIdentifier, UInt32(bitPattern: processIdentifier))
    }

    /// The loop has turned.
    func beat(now: UInt64) { sluice_store64(&record.pointee.heartbeatNanoseconds, now) }

    /// The process ends on purpose.
    func end() {
        record.pointee.state = InstanceState.stopped.rawValue
        sluice_store32(&record.pointee.processIdentifier, 0)
    }
}
