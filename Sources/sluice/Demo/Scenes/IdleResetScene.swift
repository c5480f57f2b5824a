import Lab

/// A north-south session without keep-alives. Both ends are reset after its idle timeout.
struct IdleResetScene: DemoScene {
    let version: IPVersion
    let port: Int

    var title: String { "idle N-S session over \(version)" }
    var rules: [String] { ["IDLE-1", "IDLE-2"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        let pair = try await DemoPair.open(on: stage, to: .internet, port: port, version: version)
        let timeout = stage.northSouthSeconds
        await stage.say(
            self, "\(DemoPair.hello) bytes sent each way; now idle for \(HumanText.setting(seconds: timeout))")
        await pair.waitForErrors(within: .seconds(timeout + 5))
        await stage.say(self, pair.whatEndsMet)
        let times = [pair.seconds(until: pair.client), pair.seconds(until: pair.server)].compactMap(\.self)
        let isPunctual =
            times.count == 2
            && times.allSatisfy { $0 >= timeout && $0 <= timeout + DemoStage.latenessSeconds }
        let seen = times.map { HumanText.decimal($0, places: 2, keepsZeros: true) + " s" }.joined(separator: " and ")
        await pair.close()
        return [
            DemoVerdict(
                rule: "IDLE-1",
                shown: "\(title): ends after \(HumanText.setting(seconds: timeout)), "
                    + "at most \(DemoStage.latenessText) late",
                seen: times.isEmpty ? "not at all" : "ends reset after \(seen)", holds: isPunctual),
            DemoVerdict(
                rule: "IDLE-2", shown: "\(title): both ends are reset", seen: pair.whatEndsMet, holds: pair.bothReset),
        ]
    }
}
