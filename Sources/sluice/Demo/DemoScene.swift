/// One thing that the demo shows: real programs in the lab, and what they must see.
protocol DemoScene: Sendable {
    /// In the narration.
    var title: String { get }
    /// The rules it shows. They fail together when the scene can't be played to its end.
    var rules: [String] { get }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict]
}

extension DemoScene {
    /// The scene's verdicts, also where it breaks off.
    func verdicts(on stage: DemoStage) async -> [DemoVerdict] {
        do {
            return try await perform(on: stage)
        } catch {
            let reason = "\(error)".replacing("\n", with: " ")
            return rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .fail) }
        }
    }

    /// The verdicts of a scene that this machine can't play.
    func skipped(because reason: String) -> [DemoVerdict] {
        rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .skip) }
    }
}
