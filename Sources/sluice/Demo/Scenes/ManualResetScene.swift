import Inspection
import Lab

/// An operator resets one session. Both ends receive a RST at once, also east-west.
struct ManualResetScene: DemoScene {
    let zone: LabZone
    let version: IPVersion
    let port: Int

    var title: String { "\(zone == .internet ? "N-S" : "E-W") session reset by hand over \(version)" }
    var rules: [String] { ["RST-5"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        let pair = try await DemoPair.open(on: stage, to: zone, port: port, version: version)
        guard let session = try stage.session(port: port) else {
            throw DemoError.sessionMissing(port: port)
        }
        await stage.say(self, "sluice session reset \(session.id)")
        let result = try await stage.gateway.command("session", "reset", session.id, "--gateway", stage.lab.name)
        await pair.waitForErrors(within: .seconds(2))
        await stage.say(self, pair.whatEndsMet)
        let ends = pair.whatEndsMet
        let isReset = pair.bothReset
        await pair.close()
        return [
            DemoVerdict(
                rule: "RST-5", shown: "\(title): both ends are reset at once",
                seen: result.succeeded ? "\(session.id): \(ends)" : result.allOutput.replacing("\n", with: " "),
                holds: result.succeeded && isReset)
        ]
    }
}
