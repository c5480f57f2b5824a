/// One metric with all its series, in the data model of Prometheus (prometheus.io/docs/concepts/data_model).
package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// The value of one series. A histogram has several for each set of labels, with different suffixes.
    package struct Sample: Equatable, Sendable {
        /// Appended to the family's name: `_bucket`, `_sum`, `_count`, or nothing.
        package var suffix = ""
        /// In the order of the output.
        package var labels: [(name: String, value: String)] = []
        package var value: Double

        package static func == (left: Sample, right: Sample) -> Bool {
            left.suffix == right.suffix && left.value == right.value
                && left.labels.elementsEqual(right.labels) { $0 == $1 }
        }
    }

    /// With the prefix, without `_total`.
    package let name: String
    package let kind: Kind
    package let help: String
    package let samples: [Sample]

    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        self.name = "sluice_" + name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A metric of one series.
    package init(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        self.init(name, kind, help, [Sample(value: value)])
    }

    /// A gauge of one series with a name of another exporter.
    init(foreign name: String, _ help: String, _ value: Double) {
        self.name = name
        self.help = help
        kind = .gauge
        samples = [Sample(value: value)]
    }

    /// A metric with one series for each value of a label.
    package init(_ name: String, _ kind: Kind, _ help: String, by label: String, _ values: [(String, Double)]) {
        self.init(name, kind, help, values.map { Sample(labels: [(label, $0.0)], value: $0.1) })
    }

    /// The names of the family's series in queries.
    package var seriesNames: Set<String> {
        switch kind {
        case .counter: [name + "_total"]
        case .gauge: [name]
        case .histogram: [name + "_bucket", name + "_sum", name + "_count"]
        }
    }
}
