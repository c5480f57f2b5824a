internal import FlowCore

/// What an instance is told on its command line beyond its name; all else it reads from the shared memory.
package struct InstanceSettings: Equatable, Sendable {
    /// Between two probes of a session (IDLE-5), before the clock is scaled.
    package static let probeIntervalNanoseconds: UInt64 = 5_000_000_000

    package var gateway: String
    package var identifier: UInt16
    /// Between two probes, as scaled.
    package var probeIntervalNanoseconds: UInt64

    package init(
        gateway: String, identifier: UInt16, probeIntervalNanoseconds: UInt64 = Self.probeIntervalNanoseconds
    ) {
        self.gateway = gateway
        self.identifier = identifier
        self.probeIntervalNanoseconds = probeIntervalNanoseconds
    }

    var probeIntervalTicks: UInt32 { Tick.covering(nanoseconds: probeIntervalNanoseconds) }
}
