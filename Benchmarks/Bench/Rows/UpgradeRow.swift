import Glibc
import Lab

/// A newer version takes over a gateway (PKG-3) while a connection carries small messages in both directions: how much
/// a message is delayed. The newer version is another file with the same program: its controller renews all instances
/// and replaces the kernel program.
struct UpgradeRow: Row {
    let name = "upgrade"

    private static let kinds: [ContenderKind] = [.sluiceFleetTwo, .sluicePreserve]
    private static let port: UInt16 = 8061
    /// Duration of the stream, without and with an upgrade in it.
    private static let streamMilliseconds = 5000
    private static let upgradeAtMillisecond = 200

    /// One upgrade; delays in milliseconds.
    private struct Upgrade {
        var usualDelay: Double
        var worstDelayBefore: Double
        var worstDelay: Double
        /// From the signal to the old controller until the last instance is renewed.
        var seconds: Double

        var extraDelay: Double { worstDelay - worstDelayBefore }
    }

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        var outcomes: [(kind: ContenderKind, upgrades: [Upgrade])] = []
        for kind in Self.kinds {
            let contender = try await testbed.contender(kind)
            let stream = try ProbeStream(contender, port: Self.port)
            var upgrades: [Upgrade] = []
            for round in 0..<effort.rounds {
                try StopRequest.check()
                Progress.note("upgrade \(round + 1), \(kind.title)")
                upgrades.append(try await upgrade(contender, stream, round))
            }
            outcomes.append((kind, upgrades))
            try await testbed.end(kind)
        }
        return report(outcomes, rounds: effort.rounds)
    }

    private func upgrade(_ contender: Contender, _ stream: ProbeStream, _ round: Int) async throws -> Upgrade {
        guard let old = contender.gateway else { preconditionFailure("\(contender.kind) is not a gateway") }
        _ = try await SluiceFleet.whole(of: old, instances: 2)
        let binary = "\(contender.lab.directory)/version-\(round)"
        try await contender.lab.execute(in: .gateway, ["cp", try SluiceBinary.path(), binary]).required()
        let before = try stream.run(milliseconds: Self.streamMilliseconds)
        async let replaced = Self.replace(old, with: binary)
        let during = try stream.run(milliseconds: Self.streamMilliseconds)
        let ended = Double(CPUMeter.nanoseconds(CLOCK_REALTIME)) / 1e9
        let (new, began) = try await replaced
        contender.adopt(new)
        let renewed = try await SluiceHistory(of: new).events
            .filter { $0.kind == "renewalCompleted" }.compactMap(\.seconds).filter { (began...ended).contains($0) }
            .max()
        guard let renewed else {
            throw BenchError.answer(
                of: "the upgrade",
                was: "it was not over within \(Self.streamMilliseconds) ms: \(new.process.allOutput.suffix(1000))"
            )
        }
        unlink(old.binary.hasPrefix(contender.lab.directory) ? old.binary : "")
        return Upgrade(
            usualDelay: Spread(before).median / 1e6, worstDelayBefore: (before.max() ?? 0) / 1e6,
            worstDelay: (during.max() ?? 0) / 1e6, seconds: renewed - began)
    }

    /// Does what `systemctl restart` does after the package has installed a new binary. It runs on another thread than
    /// the stream, because that one has a priority that processes started by it would inherit.
    private static func replace(_ old: LabGateway, with binary: String) async throws -> (LabGateway, began: Double) {
        try await Task.sleep(for: .milliseconds(upgradeAtMillisecond))
        let text = try BenchFile.read(old.configurationPath)
        let began = Double(CPUMeter.nanoseconds(CLOCK_REALTIME)) / 1e9
        old.process.send(signal: SIGUSR2)
        guard await old.process.waitForExit(within: .seconds(10)) == .code(0) else {
            throw BenchError.answer(of: "the controller that hands over", was: old.process.allOutput)
        }
        return (try await old.lab.startGateway(configuration: text, binary: binary), began)
    }

    private func report(_ outcomes: [(kind: ContenderKind, upgrades: [Upgrade])], rounds: Int) -> RowReport {
        var comparisons: [RowReport.Comparison] = []
        for (kind, upgrades) in outcomes {
            let name = kind == .sluicePreserve ? "preserve" : "disruptive"
            func add(_ what: String, _ value: (Upgrade) -> Double, _ limit: Double? = nil) {
                comparisons.append(
                    RowReport.Comparison(
                        what: "\(name): \(what)", value: Spread(upgrades.map(value)), target: limit.map { .atMost($0) })
                )
            }
            add("ms longest pause, more than without", \.extraDelay, 20)
            add("ms longest pause", \.worstDelay)
            add("ms longest pause without an upgrade", \.worstDelayBefore)
            add("ms a message, median", \.usualDelay)
            add("s until all instances are renewed", \.seconds)
        }
        let worst = outcomes.flatMap(\.upgrades).map(\.extraDelay).max() ?? 0
        return RowReport(
            name: name, title: "A newer version takes over", unit: "", figures: [], comparisons: comparisons,
            remarks: [
                "\(rounds) upgrades of each; longest of \(2 * Self.streamMilliseconds) messages, 1,000 a second each way, with and "
                    + "without an upgrade",
                "the largest difference of all rounds: \(ReportTable.number(worst)) ms",
            ])
    }
}
