package import Inspection

/// Names that dashboards have already.
package enum CompatibleMetrics: String, CaseIterable, Sendable {
    /// Those of node_exporter's collector for connection tracking.
    case conntrack = "nf_conntrack"

    package func families(_ reading: GatewayReading) -> [MetricFamily] {
        [
            MetricFamily(
                foreign: "node_nf_conntrack_entries", "Sessions in the table, as sluice_sessions has them.",
                Double(reading.instances.reduce(0) { $0 + $1.sessions })),
            MetricFamily(
                foreign: "node_nf_conntrack_entries_limit", "Sessions that the table has room for.",
                Double(reading.capacity)),
        ]
    }
}
