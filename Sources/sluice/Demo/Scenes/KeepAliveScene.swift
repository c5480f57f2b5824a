import Inspection
import Lab

/// A session with no traffic but one end's keep-alives lives several times as long as its idle timeout.
struct KeepAliveScene: DemoScene {
    let zone: LabZone
    let version: IPVersion
    let port: Int

    /// How many idle timeouts it must live.
    private static let timeouts = 3.0

    var title: String { "idle \(zone == .internet ? "N-S" : "E-W") session with keep-alives over \(version)" }
    var rules: [String] { ["IDLE-4"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        let pair = try await DemoPair.open(
            on: stage, to: zone, port: port, version: version, keepsAlive: true)
        let before = try stage.session(port: port)
        let timeout = zone == .internet ? stage.northSouthSeconds : stage.eastWestSeconds
        let seconds = timeout * Self.timeouts
        await stage.say(
            self, "the client sends a keep-alive every second, nothing else for \(HumanText.setting(seconds: seconds))")
        try await Task.sleep(for: .seconds(seconds))
        let after = try stage.session(port: port)
        let speaks = try await pair.speaks(within: .seconds(5))
        let isSame = before != nil && before?.id == after?.id
        await stage.say(self, speaks ? "it still carries data" : "it carries no data: \(pair.whatEndsMet)")
        await pair.close()
        let age = after.map { HumanText.duration(seconds: $0.ageSeconds) } ?? "gone"
        return [
            DemoVerdict(
                rule: "IDLE-4", shown: "\(title): lives on",
                seen:
                    "session \(before?.id ?? "none"), age \(age), \(speaks ? "still carries data" : pair.whatEndsMet)",
                holds: isSame && speaks)
        ]
    }
}
