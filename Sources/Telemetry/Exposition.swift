/// The text formats for scrapers: Prometheus 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) and
/// OpenMetrics 1.0.
package enum Exposition: Sendable {
    case prometheus
    case openMetrics

    /// Chooses the format by the scraper's `Accept`: OpenMetrics only if it names that, and does not prefer the other
    /// one.
    package init(accept: String?) {
        func quality(_ type: String) -> Double? {
            for range in (accept ?? "").split(separator: ",") {
                let parts = range.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
                guard parts.first == type else { continue }
                return parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            }
            return nil
        }
        let openMetrics = quality("application/openmetrics-text") ?? 0
        let prometheus = quality("text/plain") ?? 0
        self = openMetrics > 0 && openMetrics >= prometheus ? .openMetrics : .prometheus
    }

    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    package func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families {
            // In the older format a counter's name is that of its series.
            let name = self == .prometheus && family.kind == .counter ? family.name + "_total" : family.name
            text += "# HELP \(name) \(Self.escaped(family.help, quotes: self == .openMetrics))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                text += family.name + (family.kind == .counter ? "_total" : sample.suffix)
                if !sample.labels.isEmpty {
                    text += "{"
                    text += sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
                        .joined(separator: ",")
                    text += "}"
                }
                text += " \(Self.number(sample.value))\n"
            }
        }
        return self == .openMetrics ? text + "# EOF\n" : text
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.append(character)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 9e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
