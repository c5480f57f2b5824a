package import Inspection

/// Metric names that existing dashboards use.
package enum CompatibleMetrics: String, CaseIterable, Sendable {
    /// The names of node_exporter's collector for connection tracking.
    case conntrack = "nf_conntrack"

    package func families(_ reading: GatewayReading) -> [MetricFamily] {
        [
            MetricFamily(
                foreign: "node_nf_conntrack_entries", "Sessions in the table: the sum of sluice_sessions.",
                Double(reading.instances.reduce(0) { $0 + $1.sessions })),
            MetricFamily(
                foreign: "node_nf_conntrack_entries_limit", "Sessions that the table can hold.",
                Double(reading.capacity)),
        ]
    }
}
