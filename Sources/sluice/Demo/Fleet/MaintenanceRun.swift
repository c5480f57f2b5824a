import Gateway
import Inspection

/// A rolling maintenance from its start to its end. The controller may be killed during it.
struct MaintenanceRun {
    /// The lowest number of live instances that new sessions are assigned to, over all polls. It is read from the memory
    /// that the kernel program uses, which is correct also while no process writes reports.
    let fewestServing: Int
    let phase: String
    /// Processes that served before and are still there.
    let left: Int
    /// Identifiers of the instances before the maintenance.
    let old: [Int]
    /// When it was requested, in seconds since 1970.
    let began: Double

    /// `sluice maintenance start --now`. The controller is killed when the first instance leaves, and started again.
    static func perform(on stage: FleetStage, controllerDies: Bool) async throws -> MaintenanceRun {
        let before = try stage.fleet()
        let began = FleetStage.now
        var request = ControlRequest(.maintenanceStart)
        request.now = true
        try stage.ask(request)
        var fewest = try stage.servingNow()
        if controllerDies {
            try await stage.waitFor("an instance to leave", within: .seconds(20)) { status in
                fewest = min(fewest, try stage.servingNow())
                let present = Set(status.instances.map(\.identifier))
                return status.instances.contains { $0.drain != nil || $0.state == "ending" }
                    || before.instances.contains { !present.contains($0.identifier) }
            }
            await stage.killController()
            fewest = min(fewest, try stage.servingNow())
            await stage.say("kill -9 of the controller meanwhile, and 'sluice run' again")
            try await stage.startController()
        }
        let limit = Double(before.instances.count) * (stage.refuseSeconds + stage.resetSeconds + 10)
        let after = try await stage.waitFor("maintenance to end", within: .seconds(limit)) { status in
            fewest = min(fewest, try stage.servingNow())
            return ["completed", "aborted", "rolledBack"].contains(status.maintenance?.phase ?? "")
        }
        return MaintenanceRun(
            fewestServing: fewest, phase: after.maintenance?.phase ?? "",
            left: after.servingProcesses.intersection(before.servingProcesses).count,
            old: before.instances.map(\.identifier), began: began)
    }

    /// All instances are new, and the fleet was never below its minimum.
    func isGood(minimum: Int) -> Bool { phase == "completed" && left == 0 && fewestServing >= minimum }

    var text: String {
        "\(phase); \(old.count - left) of \(old.count) instances are new, never fewer than \(fewestServing) serving"
    }
}
