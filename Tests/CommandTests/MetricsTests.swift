import FlowCore
import FlowLayout
import Fleet
import FoundationEssentials
import Lab
import TestSupport
import Testing

@testable import Inspection
@testable import Kernel
@testable import Telemetry

@Suite struct MetricsTests {
    @Test("MET-1 every drop reason and end reason has a series from the start, with the value 0")
    func reasons() {
        let families = GatewayMetrics.families(MetricsFixtures.reading())
        func values(_ name: String, _ label: String) -> [String: Double] {
            let family = families.first { $0.name == name }
            return Dictionary(
                (family?.samples ?? []).map { sample in
                    (sample.labels.first { $0.name == label }?.value ?? "", sample.value)
                }, uniquingKeysWith: +)
        }
        let drops = values("sluice_dropped_packets", "reason")
        #expect(Set(drops.keys) == Set(DropReason.allCases.map(\.name)))
        #expect(drops["denied"] == 5 && drops["fragment"] == 0)
        #expect(values("sluice_dropped_bytes", "reason")["denied"] == 300)
        let ends = values("sluice_sessions_ended", "reason")
        #expect(Set(ends.keys) == Set(EndReason.allCases.filter { $0 != .none }.map(\.name)))
        #expect(ends["idleReset"] == 6 && ends["fin"] == 0)
        #expect(values("sluice_process_cpu_seconds", "process") == ["controller": 12.5, "api": 12.5])
        #expect(values("sluice_sessions", "state")["established"] == 3)
        #expect(
            values("sluice_resets_sent", "cause") == ["idle": 0, "drain": 9, "operator": 0, "policy": 0, "instance": 0])
    }

    @Test("MET-1 under 300 series at 20 instances, and no address in a label")
    func series() {
        let samples = GatewayMetrics.families(MetricsFixtures.reading(instances: 20)).flatMap(\.samples)
        #expect(samples.count < 300, "\(samples.count)")
        for label in samples.flatMap(\.labels) {
            #expect(!["address", "source", "destination", "port"].contains(label.name))
        }
    }

    @Test("MET-1 a process's CPU and memory are read from its stat, also if its name has blanks and parentheses")
    func processUsage() throws {
        let text = "42 (a ) b) S 1 42 42 0 -1 4194560 10 0 0 0 250 50 0 0 20 0 3 0 1000 99 1234 18446744073709551615 1"
        let usage = ProcessUsage(stat: text, ticksPerSecond: 100, pageBytes: 4096, bootSeconds: 1_700_000_000)
        #expect(
            usage == ProcessUsage(cpuSeconds: 3, residentBytes: 1234 * 4096, startedSeconds: 1_700_000_010))
        #expect(ProcessUsage(stat: "42 (x", ticksPerSecond: 100, pageBytes: 4096, bootSeconds: 0) == nil)
        let own = try #require(ProcessUsage(of: ProcessInfo.processInfo.processIdentifier))
        #expect(own.residentBytes > 1 << 20 && own.cpuSeconds > 0)
        #expect(abs(own.startedSeconds - Date.now.timeIntervalSince1970) < 7200)
    }

    @Test("MET-1 names are unique, have HELP, and follow the rules of names")
    func names() {
        let families = GatewayMetrics.families(MetricsFixtures.reading())
        #expect(Set(families.map(\.name)).count == families.count)
        for family in families {
            #expect(family.name.hasPrefix("sluice_") && !family.name.hasSuffix("_total"), "\(family.name)")
            #expect(family.help.hasSuffix(".") && family.help.count > 10, "\(family.name)")
        }
    }

    @Test("MET-1 histograms are cumulative, and their count is the last bucket")
    func histograms() throws {
        let family = try #require(
            GatewayMetrics.families(MetricsFixtures.reading()).first { $0.name == "sluice_session_duration_seconds" })
        let own = family.samples.filter { $0.labels.contains { $0 == ("class", "northSouth") } }
        let buckets = own.filter { $0.suffix == "_bucket" }
        #expect(buckets.map(\.value) == [0, 0, 0, 5, 5, 5, 5, 5, 5, 6])
        #expect(buckets.last?.labels.last?.value == "+Inf" && own.last?.suffix == "_count" && own.last?.value == 6)
    }

    @Test(
        "MET-1 Prometheus' text by default, OpenMetrics if the scraper asks for it",
        arguments: [
            (nil, Exposition.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
            ("application/openmetrics-text; version=1.0.0", .openMetrics),
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.9", .prometheus),
            ("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics),
            ("application/openmetrics-text;q=0", .prometheus),
        ])
    func negotiation(accept: String?, expected: Exposition) { #expect(Exposition(accept: accept) == expected) }

    @Test("MET-1 the exact output in both formats")
    func texts() {
        let families = [
            MetricFamily("a", .counter, "One \"two\"\nthree \\.", by: "what", [("x\"y\\z\n", 3)]),
            MetricFamily("b_ratio", .gauge, "Half.", 0.5),
        ]
        #expect(
            Exposition.prometheus.text(families) == #"""
                # HELP sluice_a_total One "two"\nthree \\.
                # TYPE sluice_a_total counter
                sluice_a_total{what="x\"y\\z\n"} 3
                # HELP sluice_b_ratio Half.
                # TYPE sluice_b_ratio gauge
                sluice_b_ratio 0.5

                """#)
        #expect(
            Exposition.openMetrics.text(families) == #"""
                # HELP sluice_a One \"two\"\nthree \\.
                # TYPE sluice_a counter
                sluice_a_total{what="x\"y\\z\n"} 3
                # HELP sluice_b_ratio Half.
                # TYPE sluice_b_ratio gauge
                sluice_b_ratio 0.5
                # EOF

                """#)
    }

    @Test("MET-1 Prometheus' promtool accepts the names of both formats")
    func promtool() async throws {
        let text = Exposition.prometheus.text(GatewayMetrics.families(MetricsFixtures.reading()))
        let place = TemporaryDirectory()
        let path = "\(place.path)/metrics"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let result = try await ChildProcess(["sh", "-c", "promtool check metrics < \(path)"]).result(
            within: .seconds(20))
        #expect(result.exit == .code(0) && result.allOutput.isEmpty, "\(result.allOutput)")
    }
}
