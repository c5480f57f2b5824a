import Gateway
import Inspection
import Lab

/// As documented, with packet loss: a scale-in, in which the first RST to both ends of every session is lost. An end that
/// sends something, even a keep-alive, receives another RST.
struct ScaleInChapter: FleetChapter {
    var title: String { "as documented: scale-in, while the network loses the first resets" }
    var rules: [String] { ["DRAIN-5"] }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        try await stage.scale(to: 3)
        let sessions = try await stage.open(firstPort: 8000)
        let owners = try stage.owners(of: sessions)
        let obstacles = try await place(in: stage.lab)
        let began = FleetStage.now
        var request = ControlRequest(.fleetScale)
        request.instances = 2
        try stage.ask(request)
        let beganAtLatest = FleetStage.now
        let status = try await stage.waitFor("an instance to drain", within: .seconds(5)) {
            $0.instances.contains { $0.state == "drainingRefuse" }
        }
        let leaving = status.instances.first { $0.state == "drainingRefuse" }?.identifier ?? 0
        await stage.say("instance \(leaving) drains: it has the fewest long-lived sessions")

        // The RSTs are repeated after a third of the second half. Until then all of them are lost.
        let first = stage.refuseSeconds + stage.resetSeconds / 3
        try await FleetStage.sleep(began + first * 0.9 - FleetStage.now)
        let blind = LossCount([sessions], owners: owners, leaving: [leaving])
        var lost = 0
        for obstacle in obstacles { lost += try await obstacle.remove() }
        await stage.say(
            "\(lost) resets were lost; \(blind.resetAtSomeEnd) sessions received one; the loss ends now")
        try await stage.waitFor("instance \(leaving) to end", within: .seconds(stage.resetSeconds + 15)) {
            $0.instance(leaving) == nil
        }
        let all = LossCount([sessions], owners: owners, leaving: [leaving])
        await sessions.close()
        let last = (all.resetTimes.last ?? began) - began
        return [
            DemoVerdict(
                rule: "DRAIN-5",
                shown: "as documented: scale-in, first resets lost: ends with keep-alives every 30 s are reset by 90 s",
                seen: "\(lost) RST lost; \(all.resetAtBothEnds) of \(all.affectedText) reset at both ends by "
                    + "\(stage.profileText(last)); \(all.othersTouched) of \(all.others) others",
                holds: all.isWholeReset && all.othersTouched == 0 && blind.resetAtSomeEnd == 0
                    && lost >= 2 * all.affected
                    && last <= beganAtLatest - began + stage.refuseSeconds + stage.resetSeconds)
        ]
    }

    private func place(in lab: Lab) async throws -> [LostResets] {
        var obstacles: [LostResets] = []
        for zone in LabZone.allCases { obstacles.append(try await LostResets.begin(in: lab, at: .zone(zone))) }
        return obstacles
    }
}

/// A host that drops every RST that arrives, by its own nftables rule. The firewall can't see this.
private struct LostResets {
    private static let table = "lost-resets"

    let lab: Lab
    let place: LabPlace

    static func begin(in lab: Lab, at place: LabPlace) async throws -> LostResets {
        let rule = """
            table inet \(table) { chain way { type filter hook input priority 0; tcp flags & rst == rst counter drop; }; }
            """
        try await lab.execute(in: place, ["nft", rule]).required()
        return LostResets(lab: lab, place: place)
    }

    /// Removes the rule, and returns how many RSTs it dropped.
    func remove() async throws -> Int {
        let text = try await lab.execute(in: place, ["nft", "list", "table", "inet", Self.table]).required().output
        try await lab.execute(in: place, ["nft", "delete", "table", "inet", Self.table]).required()
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "packets"), index + 1 < words.count else { return 0 }
        return Int(words[index + 1]) ?? 0
    }
}
