package import FlowLayout

extension GatewayStatus.Instance {
    /// The status of an instance from the shared memory.
    ///
    /// - Parameters:
    ///   - running: whether its process exists.
    ///   - nowNanoseconds: CLOCK_MONOTONIC.
    package init(
        identifier: Int, memory: sluice_instance, running: Bool, sessions: Int, nowNanoseconds: UInt64
    ) {
        let uptime = Self.seconds(from: memory.startedNanoseconds, to: nowNanoseconds)
        self.init(
            identifier: identifier,
            processIdentifier: Int32(truncatingIfNeeded: memory.processIdentifier),
            running: running,
            heartbeatAgeSeconds: Self.seconds(from: memory.heartbeatNanoseconds, to: nowNanoseconds),
            uptimeSeconds: uptime,
            sessions: sessions,
            begins: memory.begins,
            ends: memory.ends,
            expired: memory.expired,
            resetsSent: memory.resetsSent,
            resetsFailed: memory.resetsFailed,
            probesSent: memory.probesSent,
            scanShare: uptime > 0 ? Double(memory.scanNanoseconds) / 1e9 / uptime : 0)
    }

    /// Rounded to milliseconds; 0 if the time is in the future.
    private static func seconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double((end - start) / 1_000_000) / 1000 : 0
    }
}
