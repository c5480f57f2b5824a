import Lab

/// What a fleet costs that has nothing to do: its instances and the controller, without a session or a packet.
struct IdleFleetRow: Row {
    let name = "idle-fleet"

    private static let fleets: [(kind: ContenderKind, instances: Int)] = [
        (.sluiceFleetTwo, 2), (.sluiceFleetTen, 10), (.sluiceFleetFifty, 50),
    ]
    /// After all of them serve: what begins takes up its slabs.
    private static let settlingSeconds = 5
    /// As long as between two measurements of the controller's, so that each window holds one.
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
                "room for 262,144 sessions; memory that processes share with each other and the kernel is divided among them"
            ])
    }

    private func measure(_ contender: Contender, _ instances: Int, windows: Int) async throws -> [RowReport.Comparison]
    {
        guard let gateway = contender.gateway else { preconditionFailure("\(contender.kind) is no gateway") }
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
        func told(_ what: String, _ values: [Double]) -> RowReport.Comparison {
            RowReport.Comparison(what: "\(instances) instances: \(what)", value: Spread(values), target: nil)
        }
        func mebibytes(_ kibibytes: Int) -> [Double] { [Double(kibibytes) / 1024] }
        return [
            told("% of a core, instances", workerShares),
            told("% of a core, controller", controllerShares),
            told("MiB of an instance, its share (PSS)", mebibytes(memory.proportionalKibibytes / instances)),
            told("MiB of an instance, its own", mebibytes(memory.privateKibibytes / instances)),
            told("MiB of the controller (PSS)", mebibytes(controllerMemory.proportionalKibibytes)),
            told("MiB of all (PSS)", mebibytes((memory + controllerMemory).proportionalKibibytes)),
            told("MiB of all (sum of RSS)", mebibytes((memory + controllerMemory).residentKibibytes)),
        ]
    }
}
