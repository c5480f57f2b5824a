import FlowLayout
import Inspection
import Kernel
import Telemetry

/// docs/reference/metrics.md
enum MetricsPage {
    static var text: String {
        let rows = families.map { family in
            let suffix = family.kind == .counter ? "_total" : ""
            return [
                Markdown.code(family.name + suffix), family.kind.rawValue, labels(family), family.help,
            ]
        }
        let compatible = CompatibleMetrics.allCases.flatMap { names in
            names.families(reading).map { [Markdown.code($0.name), Markdown.code(names.rawValue), $0.help] }
        }
        return Markdown.page(
            "Which metrics are there?",
            """
            `sluice metrics` prints them, and `GET /metrics` serves them to Prometheus (OpenMetrics where it asks for that). Every drop \
            reason and every end reason has a series from the start, at 0. No label has an address. A scrape does not read the session \
            table, so its time does not depend on the number of sessions. The package has a dashboard and alerts: [how to watch \
            it](../how-to/watch-it.md).
            """,
            [
                Markdown.table(["metric", "kind", "labels", "meaning"], rows),
                Markdown.section(
                    "Names of other programs",
                    [
                        "For existing dashboards: `sluice metrics --compat-metrics NAME`, `GET /metrics?compat=NAME`.",
                        Markdown.table(["metric", "NAME", "meaning"], compatible),
                    ]),
                Markdown.section(
                    "Where they are counted",
                    [
                        Markdown.table(
                            ["what", "where"],
                            [
                                [
                                    "packets and bytes, forwarded and by drop reason; sessions that began",
                                    "in the kernel program, on each processor",
                                ],
                                [
                                    "ends by class and reason, how long sessions lived, resets by cause",
                                    "in the instances, where a slot is released or a reset is made. The counts outlive the processes and only grow",
                                ],
                                [
                                    "idle time at the end",
                                    "where a process expires a session. A session that its ends closed was not idle, and is not counted",
                                ],
                                [
                                    "live sessions by class, protocol and state",
                                    "each instance counts its own every 5 s; a scrape adds up the live instances",
                                ],
                                ["policy generations, refused reloads, scaling", "in the controller"],
                            ])
                    ]),
            ])
    }

    /// The families of a gateway that has a series of each kind.
    static var families: [MetricFamily] { GatewayMetrics.families(reading) }

    private static var reading: GatewayReading {
        let memory = UnsafeMutablePointer<sluice_tallies>.allocate(capacity: Int(SLUICE_MAX_INSTANCES))
        defer { memory.deallocate() }
        memory.initialize(repeating: sluice_tallies(), count: Int(SLUICE_MAX_INSTANCES))
        var reading = GatewayReading(tallies: SessionTallies(memory))
        reading.instances = [
            GatewayReading.Instance(
                identifier: 1, state: "serving", sessions: 0, heartbeatAgeSeconds: 0, drainRemainingSeconds: 1)
        ]
        reading.maintenance = GatewayReading.Maintenance(isOver: false, progress: 0)
        let usage = ProcessUsage(cpuSeconds: 0, residentBytes: 0, startedSeconds: 0)
        reading.processes = ["controller", "api"].map { ($0, usage) }
        return reading
    }

    /// The label names, with their values if these are a fixed list.
    private static func labels(_ family: MetricFamily) -> String {
        var values: [(name: String, words: [String])] = []
        for label in family.samples.flatMap(\.labels) {
            if let index = values.firstIndex(where: { $0.name == label.name }) {
                if !values[index].words.contains(label.value) { values[index].words.append(label.value) }
            } else {
                values.append((label.name, [label.value]))
            }
        }
        return values.map { name, words in
            let isList = words.count > 1 && words.count <= 6 && !["le", "instance"].contains(name)
            return isList ? "`\(name)` (\(words.joined(separator: ", ")))" : "`\(name)`"
        }.joined(separator: ", ")
    }
}
