import Lab

/// The cost of an idle fleet: its instances and the controller, without sessions or packets.
struct IdleFleetRow: Row {
    let name = "idle-fleet"

    private static let fleets: [(kind: ContenderKind, instances: Int)] = [
        (.sluiceFleetTwo, 2), (.sluiceFleetTen, 10), (.sluiceFleetFifty, 50),
    ]
    /// After all of them serve. A starting instance first claims its slabs.
    private static let settlingSeconds = 5
    /// As long as the controller's measuring interval, so that each window contains one measurement.
    private static let windowSeconds = 10

    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport {
        var comparisons: [RowReport.Comparison] = []
        for (kind, instances) in Self.fleets {
            let contender = try await testbed.contender(kind)
            comparisons += try await measure(contender, instances, windows: effort.isQuick ? 1 : 5)
            try await testbed.end(kind)
        }
        return RowReport(
            name: name, title: "A fleet without a session or a packet", unit: "", figures: [], comparisons: comparisons,
            remarks: [
                "capacity 262,144 sessions; memory that processes share with each other or the kernel is divided among them"
            ])
    }

    private func measure(_ contender: Contender, _ instances: Int, windows: Int) async throws -> [RowReport.Comparison]
    {
        guard let gateway = contender.gateway else { preconditionFailure("\(contender.kind) is not a gateway") }
        let fleet = try await SluiceFleet.whole(of: gateway, instances: instances)
        try await Task.sleep(for: .seconds(Self.settlingSeconds))
        let workers = fleet.instances.map(\.processIdentifier)
        let controller = gateway.process.identifier
        var workerShares: [Double] = []
        var controllerShares: [Double] = []
        for _ in 0..<windows {
            try StopRequest.check()
            let worker = try CPUMeter(processes: workers)
            let one = try CPUMeter(processes: [controller])
            let (before, beforeOne) = (try worker.reading(), try one.reading())
            try await Task.sleep(for: .seconds(Self.windowSeconds))
            let (after, afterOne) = (try worker.reading() - before, try one.reading() - beforeOne)
            workerShares.append(100 * Double(after.processes) / Double(after.wall))
            controllerShares.append(100 * Double(afterOne.processes) / Double(afterOne.wall))
        }
        let memory = try workers.reduce(ProcessMemory()) { $0 + (try ProcessMemory(of: $1)) }
        let controllerMemory = try ProcessMemory(of: controller)
        func comparison(_ what: String, _ values: [Double]) -> RowReport.Comparison {
            RowReport.Comparison(what: "\(instances) instances: \(what)", value: Spread(values), target: nil)
        }
        func mebibytes(_ kibibytes: Int) -> [Double] { [Double(kibibytes) / 1024] }
        return [
            comparison("% of a core, instances", workerShares),
            comparison("% of a core, controller", controllerShares),
            comparison("MiB of an instance, its share (PSS)", mebibytes(memory.proportionalKibibytes / instances)),
            comparison("MiB of an instance, private", mebibytes(memory.privateKibibytes / instances)),
            comparison("MiB of the controller (PSS)", mebibytes(controllerMemory.proportionalKibibytes)),
            comparison("MiB of all (PSS)", mebibytes((memory + controllerMemory).proportionalKibibytes)),
            comparison("MiB of all (sum of RSS)", mebibytes((memory + controllerMemory).residentKibibytes)),
        ]
    }
}
