internal import FlowCore
package import FlowLog
import Glibc
internal import Policy

/// An instance's settings outside the shared memory: `instance.json` in the run directory. The controller writes it; the instance reads it
/// at the start and again on SIGHUP.
package struct InstanceSettings: Codable, Equatable, Sendable {
    /// The interval of a session's probes (IDLE-5), before time scaling.
    static let unscaledProbeIntervalNanoseconds: UInt64 = 5_000_000_000

    package var probeIntervalNanoseconds: UInt64
    /// nil: sessions are not logged.
    package var flowLog: FlowLogPlan?
    /// Whether the gateway stops: then an instance that is asked to end ends all its sessions too; nil: no.
    package var gatewayStops: Bool?

    /// - Parameter timeScale: the divisor of every duration (PROF-2).
    package init(timeScale: Double = 1, flowLog: FlowLogPlan? = nil) {
        self.flowLog = flowLog
        probeIntervalNanoseconds = SessionTimeouts.scale(Self.unscaledProbeIntervalNanoseconds, by: timeScale)
    }

    package var probeIntervalTicks: UInt32 { Tick.covering(nanoseconds: probeIntervalNanoseconds) }
}

/// Signals that the controller sends to an instance.
enum InstanceSignal {
    /// `instance.json` has changed.
    static let settingsChanged = SIGHUP
}
