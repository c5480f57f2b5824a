/// Which instance takes a new session, and which one leaves at a scale-in. The cloud's documents say neither.
package enum FleetSteering: String, Hashable, Sendable, Codable, CaseIterable {
    /// Any serving instance takes a new session, also during a maintenance, and any one leaves. The assumption for a
    /// firewall whose documents do not say.
    case any
    /// As Sluice does it: during a maintenance new sessions go to the instances that are already replaced, and the
    /// instance with the fewest long-lived sessions leaves.
    case sluice
}
