import Simulation

/// Why a session is disrupted.
package enum DisruptionCause: String, Hashable, Sendable, Codable, CaseIterable {
    /// An instance fails and is recovered.
    case unplanned
    /// An instance is replaced in a maintenance.
    case maintenance
    /// An instance leaves because the load is low.
    case scaleIn
    /// No packet crossed the firewall for its idle timeout, or keep-alive probes were lost.
    case idle

    /// For tables.
    package var title: String {
        switch self {
        case .unplanned: "failure of an instance"
        case .maintenance: "maintenance"
        case .scaleIn: "scale-in"
        case .idle: "idle timeout"
        }
    }

    /// The cause in ``MonthReport``; nil: the fleet does not cause it.
    var fleet: MonthReport.Cause? {
        switch self {
        case .unplanned: .unplanned
        case .maintenance: .maintenance
        case .scaleIn: .scaleIn
        case .idle: nil
        }
    }
}
