import Lab

/// An idle east-west session expires without a RST. Both ends stay in ESTABLISHED until one of them writes and gets no answer.
struct HalfOpenScene: DemoScene {
    let version: IPVersion
    let port: Int

    var title: String { "idle E-W session over \(version)" }
    var rules: [String] { ["IDLE-3"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        let pair = try await DemoPair.open(on: stage, to: .peer, port: port, version: version)
        let timeout = stage.eastWestSeconds
        await stage.say(
            self, "\(DemoPair.hello) bytes sent each way; now idle for \(HumanText.setting(seconds: timeout))")
        let isForgotten = try await eventually(within: .seconds(timeout + 5), every: DemoStage.pollInterval) {
            try stage.session(port: port) == nil
        }
        let states = [try await pair.client.tcpState(), try await pair.server.tcpState()]
        await stage.say(self, "the gateway has dropped it; its ends are \(states.joined(separator: " and "))")

        let dropsBefore = try stage.drops("noSession")
        let isAnswered = try await pair.speaks(within: .seconds(2))
        let dropped = try stage.drops("noSession") - dropsBefore
        await stage.say(
            self, "the client wrote: \(isAnswered ? "it was answered" : "no answer"), \(dropped) segments dropped")
        let ends = pair.whatEndsMet
        await pair.close()
        let nothingWasSent = states.allSatisfy { $0 == "ESTABLISHED" } && ends == "client nothing, server nothing"
        return [
            DemoVerdict(
                rule: "IDLE-3", shown: "\(title): expires without a RST, the next write gets no answer",
                seen: "ends \(states.joined(separator: "/")), after the write: \(ends), noSession +\(dropped)",
                holds: isForgotten && nothingWasSent && !isAnswered && dropped > 0)
        ]
    }
}
