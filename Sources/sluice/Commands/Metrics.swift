import ArgumentParser
import Inspection
import Telemetry

/// `sluice metrics`
struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the gateway's metrics in a format of Prometheus.",
        discussion: """
            For a scraper, let the gateway serve them: 'api: { listen: 127.0.0.1:8686 }' in its configuration. This command is for \
            people, and for the textfile collector of node_exporter.
            """)

    @OptionGroup var gateway: GatewayOption

    @Flag(help: "Write OpenMetrics 1.0 instead of Prometheus' text format 0.0.4.")
    var openMetrics = false

    @Option(
        name: .customLong("compat-metrics"),
        help: "Also write the session metrics under these names, for existing dashboards: nf_conntrack.",
        completion: Metrics.compatibilities.completion, transform: { try Metrics.compatibilities.read($0) })
    var compatibility: CompatibleMetrics?

    private static let compatibilities = WordList(
        "set of names", CompatibleMetrics.allCases.map { .init(word: $0.rawValue, value: $0) })

    func run() throws {
        let reading = try GatewayInspector(gateway: try gateway.resolve()).reading()
        let families = GatewayMetrics.families(reading) + (compatibility?.families(reading) ?? [])
        Console.output((openMetrics ? Exposition.openMetrics : .prometheus).text(families))
    }
}
