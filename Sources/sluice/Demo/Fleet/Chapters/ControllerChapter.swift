import Inspection
import Lab

/// As documented: the controller is killed. The kernel program continues to forward and to admit, the instances continue,
/// and the next controller finds the same state.
struct ControllerChapter: FleetChapter {
    var title: String { "as documented: kill -9 of the controller" }
    var rules: [String] { ["RECOV-3"] }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        let sessions = try await stage.open(firstPort: 8000)
        let (owners, processes) = (try stage.owners(of: sessions), try stage.fleet().servingProcesses)
        await stage.killController()
        _ = try await sessions.tally()
        let newcomers = try await stage.open(
            LongSessions.Load(moving: 1, quiet: 1), firstPort: 8000 + LongSessions.ports)
        try await FleetStage.sleep(0.5)
        let tally = try await sessions.tally()
        let admitted = try stage.owners(of: newcomers).count
        await stage.say(
            "without a controller: \(tally.openEnds / 2) sessions continue, \(admitted) new ones were admitted")
        try await stage.startController()
        let same = try stage.fleet().servingProcesses == processes
        let kept = try stage.owners(of: sessions).count { owners[$0.key] == $0.value }
        let touched = sessions.fates().values.count { !$0.isUntouched }
        await sessions.close()
        await newcomers.close()
        return [
            DemoVerdict(
                rule: "RECOV-3",
                shown: "as documented: kill -9 of the controller: all continues, the next one finds the same state",
                seen: "\(kept) of \(owners.count) sessions with their instance, \(touched) ended; "
                    + "\(admitted) of \(newcomers.connections.count) new admitted meanwhile; "
                    + (same ? "the same processes" : "other processes"),
                holds: kept == sessions.connections.count && touched == 0 && same
                    && admitted == newcomers.connections.count)
        ]
    }
}
