internal import FlowCore
package import FlowLog
import Glibc
internal import Policy

/// What an instance goes by beyond the shared memory: `instance.json` in the run directory, written by the controller, read
/// at the start and again on SIGHUP.
package struct InstanceSettings: Codable, Equatable, Sendable {
    /// Between two probes of a session (IDLE-5), before the clock is scaled.
    static let unscaledProbeIntervalNanoseconds: UInt64 = 5_000_000_000

    package var probeIntervalNanoseconds: UInt64
    /// nil: sessions are not logged.
    package var flowLog: FlowLogPlan?
    /// Whether an instance that is asked to end now ends with its gateway, and every session with it; nil: no.
    package var gatewayStops: Bool?

    /// - Parameter timeScale: what every duration is divided by (PROF-2).
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
