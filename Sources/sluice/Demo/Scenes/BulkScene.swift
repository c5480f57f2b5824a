import Inspection
import Lab

/// A transfer that never pauses. Its session lives as long as it carries data, and every byte arrives.
///
/// Both ends know the expected bytes, so a lost, repeated or changed byte is detected.
struct BulkScene: DemoScene {
    let zone: LabZone
    let version: IPVersion
    let port: Int
    let seconds: Double

    /// Bytes per request, one request every tenth of a second, as long as the client can send at this rate.
    private static let chunk = 1_000_000

    var title: String { "bulk transfer, \(zone == .internet ? "N-S" : "E-W") over \(version)" }
    var rules: [String] { ["SESS-3"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        let server = try await stage.lab.listener(in: .zone(zone), port: port, "--quiet")
        let client = try stage.lab.connector(in: .client, to: zone.address(version), port: port)
        try await client.waitFor("connected", within: .seconds(10))
        let first = try stage.session(port: port)
        await stage.say(self, "begins")
        let deadline = ContinuousClock.now + .seconds(seconds)
        var asked = 0
        while ContinuousClock.now < deadline, client.errors.isEmpty {
            if try await Self.tally(client).sent ?? 0 >= asked {
                client.perform("send \(Self.chunk)")
                asked += Self.chunk
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        let arrived = try await received(by: server, atLeast: asked)
        let last = try stage.session(port: port)
        let isSame = first != nil && first?.id == last?.id
        let corrupt = !server.events("corrupt").isEmpty
        await client.process.terminate()
        await server.process.terminate()
        await stage.say(self, "\(HumanText.bytes(UInt64(arrived))) arrived")
        return [
            DemoVerdict(
                rule: "SESS-3", shown: "\(title): continues all the time",
                seen: "\(HumanText.bytes(UInt64(arrived))) of \(HumanText.bytes(UInt64(asked))) arrived"
                    + "\(corrupt ? ", some of them wrong" : "") in \(isSame ? "one session" : "more than one session")",
                holds: arrived == asked && !corrupt && isSame)
        ]
    }

    /// Waits for the rest to arrive.
    private func received(by server: Endpoint, atLeast wanted: Int) async throws -> Int {
        var total = 0
        _ = try await eventually(within: .seconds(20), every: .milliseconds(200)) {
            total = try await Self.tally(server).total ?? 0
            return total >= wanted
        }
        return total
    }

    /// Bytes that an end has sent and received so far.
    private static func tally(_ end: Endpoint) async throws -> Endpoint.Event {
        let before = end.events("info").count
        end.perform("info")
        let answers = try await end.waitFor("info", count: before + 1, within: .seconds(5))
        return answers[answers.count - 1]
    }
}
