/// One disturbance of the fleet, and what must come of it.
protocol FleetChapter: Sendable {
    /// In the narration.
    var title: String { get }
    /// The rules it shows. They fail together when the chapter can't be played to its end.
    var rules: [String] { get }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict]
}

extension FleetChapter {
    /// The chapter's verdicts, also where it breaks off; none where the whole demo was.
    func verdicts(on stage: FleetStage) async -> [DemoVerdict] {
        guard !Task.isCancelled else { return [] }
        await stage.say(title)
        do {
            return try await perform(on: stage)
        } catch {
            guard !Task.isCancelled else { return [] }
            let reason = "\(error)".replacing("\n", with: " ")
            await stage.say("\(title): broken off: \(reason)")
            return rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .fail) }
        }
    }
}
