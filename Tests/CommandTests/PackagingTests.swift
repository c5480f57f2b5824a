import Foundation
import Lab
import Testing

@testable import Telemetry

/// The shipped files for Prometheus and Grafana.
@Suite struct PackagingTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("packaging")

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.folder.appendingPathComponent(path), encoding: .utf8)
    }

    /// Every word of a text that could be the name of a metric of Sluice. Names of recording rules have a colon.
    private func metrics(in text: String) -> Set<String> {
        let isNamePart = { (character: Character) in
            character.isLetter || character.isNumber || "_:".contains(character)
        }
        return Set(
            text.split { !isNamePart($0) }.map(String.init).filter { $0.hasPrefix("sluice_") && !$0.hasSuffix(":") })
    }

    @Test(
        "MET-2 dashboard and rules use only names that exist",
        arguments: [
            "grafana/sluice.json", "prometheus/sluice.rules.yaml", "prometheus/sluice.rules.test.yaml",
        ])
    func names(path: String) throws {
        let known = GatewayMetrics.families(MetricsFixtures.reading()).reduce(into: Set<String>()) {
            $0.formUnion($1.seriesNames)
        }
        let used = metrics(in: try text(path))
        #expect(used.count >= 8, "\(used)")
        #expect(used.subtracting(known) == [])
    }

    @Test("MET-2 labels in queries exist", arguments: ["grafana/sluice.json", "prometheus/sluice.rules.yaml"])
    func labels(path: String) throws {
        var known: Set = ["job", "instance", "exported_instance", "le"]
        for sample in GatewayMetrics.families(MetricsFixtures.reading()).flatMap(\.samples) {
            known.formUnion(sample.labels.map(\.name))
        }
        var used: Set<String> = []
        for match in try text(path).matches(of: /by \(([a-z_, ]+)\)/) {
            used.formUnion(match.1.split { $0 == "," || $0 == " " }.map(String.init))
        }
        for match in try text(path).matches(of: /[{,]([a-z_]+)=~?\\?"/) { used.insert(String(match.1)) }
        #expect(used.count >= 4, "\(used)")
        #expect(used.subtracting(known) == [])
    }

    @Test("MET-2 promtool accepts the rules, and each fires under its condition")
    func rules() async throws {
        let folder = Self.folder.appendingPathComponent("prometheus").path
        for command in ["check rules sluice.rules.yaml", "test rules sluice.rules.test.yaml"] {
            let result = try await ChildProcess(["sh", "-c", "cd \(folder) && promtool \(command)"]).result(
                within: .seconds(60))
            #expect(result.exit == .code(0), "\(result.allOutput)")
            #expect(result.allOutput.contains("SUCCESS"))
        }
    }

    @Test("MET-2 the rules' tests cover every alert")
    func everyAlert() throws {
        let alerts = Set(try text("prometheus/sluice.rules.yaml").matches(of: /alert: (\w+)/).map { String($0.1) })
        let tried = Set(
            try text("prometheus/sluice.rules.test.yaml").matches(of: /alertname: (\w+)/).map { String($0.1) })
        #expect(alerts == tried && alerts.count >= 10)
    }

    @Test("MET-2 Grafana can import the dashboard")
    func dashboard() throws {
        let parsed = try JSONSerialization.jsonObject(with: Data(try text("grafana/sluice.json").utf8))
        let dashboard = try #require(parsed as? [String: Any])
        #expect(dashboard["schemaVersion"] as? Int == 39)
        let panels = try #require(dashboard["panels"] as? [[String: Any]])
        #expect(panels.count >= 12)
        var places: Set<Int> = []
        for panel in panels {
            let place = try #require(panel["gridPos"] as? [String: Int])
            let (x, y, width, height) = (place["x"] ?? 0, place["y"] ?? 0, place["w"] ?? 0, place["h"] ?? 0)
            #expect(x + width <= 24)
            // No two panels overlap.
            for column in x..<x + width {
                for row in y..<y + height {
                    #expect(places.insert(row * 24 + column).inserted, "\(panel["title"] ?? "")")
                }
            }
            let targets = try #require(panel["targets"] as? [[String: Any]])
            #expect(!targets.isEmpty && targets.allSatisfy { $0["expr"] is String })
        }
    }
}
