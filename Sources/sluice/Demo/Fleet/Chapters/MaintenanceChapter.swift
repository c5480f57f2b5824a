import Inspection
import Lab

/// As documented: a rolling update drains every instance, one after the other, so no earlier session survives it. The
/// controller is killed during the update, and the next one continues it.
struct MaintenanceChapter: FleetChapter {
    /// Sessions of real programs, which the update ends; nil if the machine does not have the programs.
    let programs: ProgramSessions

    var title: String { "as documented: 'maintenance start --now'" }
    var rules: [String] { ["MAINT-1", "MAINT-3", "MAINT-4"] }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        let sessions = try await stage.open(firstPort: 8000)
        let owners = try stage.owners(of: sessions)
        try await programs.open()
        let run = try await MaintenanceRun.perform(on: stage, controllerDies: true)
        await stage.say("maintenance \(run.text)")
        var good = 0
        var counts: [LossCount] = []
        for instance in run.old {
            let count = LossCount([sessions], owners: owners, leaving: [instance])
            counts.append(count)
            let drained = try stage.time(of: "instanceDraining", instance: instance, since: run.began)
            let ended = try stage.time(of: "instanceEnding", instance: instance, since: run.began)
            guard let drained, let ended, let first = count.resetTimes.first, let last = count.resetTimes.last else {
                continue
            }
            if count.resetAtBothEnds == count.affected, first >= drained + stage.refuseSeconds, last <= ended {
                good += 1
            }
        }
        let affected = counts.reduce(0) { $0 + $1.affected }
        let reset = counts.reduce(0) { $0 + $1.resetAtBothEnds }
        await sessions.close()
        let minimum = try stage.fleet().minCapacity
        return [
            DemoVerdict(
                rule: "MAINT-1", shown: "as documented: every instance is replaced, the replacement serves first",
                seen: run.text, holds: run.isGood(minimum: minimum)),
            DemoVerdict(
                rule: "MAINT-3",
                shown: "as documented: kill -9 of the controller in maintenance: the next one continues it",
                seen: "the next controller: \(run.phase)", holds: run.phase == "completed"),
            DemoVerdict(
                rule: "MAINT-4", shown: "as documented: each instance drains first: RST at both ends in its 45 to 90 s",
                seen: "\(reset) of \(affected) sessions, in time for \(good) of \(run.old.count) instances",
                holds: good == run.old.count && affected == sessions.connections.count && reset == affected),
        ] + (await programs.verdictsOfLoss(rule: "MAINT-4", shown: "as documented: after maintenance"))
    }
}
