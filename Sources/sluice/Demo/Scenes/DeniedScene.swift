import Inspection
import Lab

/// A flow that no rule allows. It never reaches the server, and is counted with one drop reason.
struct DeniedScene: DemoScene {
    let version: IPVersion

    /// Telnet, which the lab's rules do not allow.
    private static let port = 23

    var title: String { "denied flow over \(version)" }
    var rules: [String] { ["OPS-1"] }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict] {
        let before = try stage.drops("denied")
        let server = try await stage.lab.listener(
            in: .internet, port: Self.port, "--address", LabZone.internet.address(version))
        let client = try stage.lab.connector(in: .client, to: LabZone.internet.address(version), port: Self.port)
        await stage.say(self, "client to internet, port \(Self.port)")
        let isDropped = try await eventually(within: .seconds(5), every: DemoStage.pollInterval) {
            try stage.drops("denied") > before
        }
        let hasSession = try stage.session(port: Self.port) != nil
        let isConnected = !client.events("connected").isEmpty || !server.events("accepted").isEmpty
        await client.process.terminate()
        await server.process.terminate()
        let count = try stage.drops("denied") - before
        await stage.say(self, "\(count) packets dropped as denied")
        return [
            DemoVerdict(
                rule: "OPS-1", shown: "\(title): dropped, and counted with its reason",
                seen:
                    "\(isConnected ? "connected" : "no connection"), \(hasSession ? "a" : "no") session, denied +\(count)",
                holds: isDropped && !isConnected && !hasSession)
        ]
    }
}
