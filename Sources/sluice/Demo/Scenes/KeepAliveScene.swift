import Inspection
import Lab

/// A session whose only traffic are one end's keep-alives outlives its idle timeout several times over.
struct KeepAliveScene: DemoScene {
    let zone: LabZone
    let version: IPVersion
    let port: Int

    /// Idle timeouts that it must outlive.
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
            self, "the client's TCP probes every second; nothing else for \(HumanText.setting(seconds: seconds))")
        try await Task.sleep(for: .seconds(seconds))
        let after = try stage.session(port: port)
        let speaks = try await pair.speaks(within: .seconds(5))
        let isSame = before != nil && before?.id == after?.id
        await stage.say(self, speaks ? "it still speaks" : "it has gone silent: \(pair.whatEndsMet)")
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
