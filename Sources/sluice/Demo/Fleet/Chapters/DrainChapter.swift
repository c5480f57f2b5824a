import Gateway
import Inspection
import Lab

/// As documented: an operator drains an instance. For 45 s its sessions continue, and new ones go to other instances. Then
/// both ends of each session are reset, and at 90 s the instance is recycled. Also shows how new sessions are distributed.
struct DrainChapter: FleetChapter {
    var title: String { "as documented: 'instance drain'" }
    var rules: [String] { ["FLEET-1", "SCALE-4", "DRAIN-1", "DRAIN-2", "DRAIN-3"] }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        let early = try await stage.open(firstPort: 8000)
        let before = try stage.owners(of: early)
        try await stage.scale(to: 3)
        let late = try await stage.open(firstPort: 8000 + LongSessions.ports)
        let (earlyOwners, lateOwners) = (try stage.owners(of: early), try stage.owners(of: late))
        let spread = Dictionary(grouping: lateOwners.values, by: { $0 }).mapValues(\.count).sorted { $0.key < $1.key }
        await stage.say(
            "a third instance serves; \(late.connections.count) new sessions: "
                + spread.map { "\($0.value) to instance \($0.key)" }.joined(separator: ", "))
        var verdicts = [
            DemoVerdict(
                rule: "FLEET-1", shown: "as documented: new sessions are distributed over three instances",
                seen: spread.map { "\($0.value)" }.joined(separator: " + ") + " of \(late.connections.count)",
                holds: spread.count == 3 && lateOwners.count == late.connections.count),
            DemoVerdict(
                rule: "SCALE-4", shown: "as documented: a scale-out moves no existing session",
                seen: "\(before.count { earlyOwners[$0.key] == $0.value }) of \(early.connections.count) stay",
                holds: before == earlyOwners && before.count == early.connections.count),
        ]
        verdicts += try await drain(early, late, on: stage)
        await early.close()
        await late.close()
        return verdicts
    }

    private func drain(_ early: LongSessions, _ late: LongSessions, on stage: FleetStage) async throws -> [DemoVerdict]
    {
        let owners = try stage.owners(of: early).merging(stage.owners(of: late)) { first, _ in first }
        let leaving = try stage.fleet().instances.max { $0.sessions < $1.sessions }?.identifier ?? 1
        let watch = try await stage.watchResets()
        let began = FleetStage.now
        try stage.ask(ControlRequest(.instanceDrain, instance: UInt16(leaving)))
        let beganAtLatest = FleetStage.now
        await stage.say("instance \(leaving) drains: for 45 s it refuses new sessions, and its own continue")
        let newcomers = try await stage.open(
            LongSessions.Load(moving: 2, quiet: 1), firstPort: 8000 + 2 * LongSessions.ports)
        let newOwners = try stage.owners(of: newcomers)
        let isInTime = FleetStage.now < began + stage.refuseSeconds
        try await FleetStage.sleep(beganAtLatest + stage.refuseSeconds * 0.97 - FleetStage.now)
        let quiet = count(early, late, owners, leaving)
        let resetsBefore = watch?.times.count ?? 0
        await stage.say("after 44 s: \(quiet.untouched) of its \(quiet.affectedText) untouched; now it resets them")

        let gone = try await stage.waitFor("instance \(leaving) to end", within: .seconds(stage.resetSeconds + 15)) {
            $0.instance(leaving) == nil
        }
        let all = count(early, late, owners, leaving)
        let resets = await watch?.stop() ?? []
        let recycled = try stage.time(of: "instanceEnding", instance: leaving, since: began).map { $0 - began }
        await newcomers.close()
        let (first, last) = (
            (all.resetTimes.first ?? began) - began, (all.resetTimes.last ?? began) - began
        )
        await stage.say(
            "\(all.resetAtBothEnds) of \(all.affectedText) reset at both ends, "
                + "\(all.othersTouched) of the \(all.others) others; \(gone.serving) instances serve")
        let elsewhere = newOwners.values.count { $0 != leaving }
        return [
            DemoVerdict(
                rule: "DRAIN-1",
                shown: "as documented: 0 to 45 s of a drain: new sessions go elsewhere, its own continue",
                seen: "\(elsewhere) of \(newcomers.connections.count) new ones elsewhere, "
                    + "\(quiet.untouched) of \(quiet.affected) continue, \(resetsBefore) RST",
                holds: isInTime && elsewhere == newcomers.connections.count && quiet.untouched == quiet.affected
                    && quiet.affected > 0 && resetsBefore == 0),
            DemoVerdict(
                rule: "DRAIN-2", shown: "as documented: 45 to 90 s: RST to both ends of all its sessions, N-S and E-W",
                seen: "\(all.resetAtBothEnds) of \(all.affectedText), \(stage.profileText(first)) to "
                    + "\(stage.profileText(last)); \(all.othersTouched) of \(all.others) others; "
                    + "\(resets.count) RST on the wire",
                holds: all.isWholeReset && all.othersTouched == 0 && first >= stage.refuseSeconds
                    && last <= beganAtLatest - began + stage.refuseSeconds + stage.resetSeconds
                    && (watch == nil || resets.count >= 2 * all.affected)),
            DemoVerdict(
                rule: "DRAIN-3", shown: "as documented: at 90 s the instance is recycled",
                seen: recycled.map { "at \(stage.profileText($0))" } ?? "not in the history",
                holds: recycled.map {
                    $0 >= stage.refuseSeconds + stage.resetSeconds
                        && $0 <= beganAtLatest - began + stage.refuseSeconds + stage.resetSeconds
                            + FleetStage.latenessSeconds
                } ?? false),
        ]
    }

    private func count(
        _ early: LongSessions, _ late: LongSessions, _ owners: [LongSessions.Connection: Int], _ leaving: Int
    ) -> LossCount {
        LossCount([early, late], owners: owners, leaving: [leaving])
    }
}
