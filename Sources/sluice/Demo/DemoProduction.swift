import Inspection
import Lab

/// Runs the demo: starts lab and gateway, runs all scenes at the same time, and always takes down the lab. Then it runs
/// the acts about the fleet, each in its own lab.
struct DemoProduction: Sendable {
    let name: String
    let timeScale: Int
    let fleetTimeScale: Int
    let parts: [Demo.Part]
    let keep: Bool
    let isJSON: Bool

    /// The scenes. Each uses its own ports.
    static func scenes(seconds: Double) -> [any DemoScene] {
        [
            BulkScene(zone: .internet, version: .four, port: 8000, seconds: seconds),
            BulkScene(zone: .peer, version: .six, port: 8001, seconds: seconds),
            IdleResetScene(version: .four, port: 8010),
            IdleResetScene(version: .six, port: 8011),
            KeepAliveScene(zone: .internet, version: .four, port: 8020),
            KeepAliveScene(zone: .peer, version: .six, port: 8021),
            HalfOpenScene(version: .four, port: 8030),
            HalfOpenScene(version: .six, port: 8031),
            ManualResetScene(zone: .internet, version: .six, port: 8040),
            ManualResetScene(zone: .peer, version: .four, port: 8041),
            DeniedScene(version: .four),
            DeniedScene(version: .six),
            SecureShellScene(keepsAlive: false, port: 8050),
            SecureShellScene(keepsAlive: true, port: 8051),
        ]
    }

    func run() async throws -> DemoReport {
        // The fleet's acts print line by line.
        let isLive = Console.outputIsTerminal && !isJSON && parts.contains(.sessions)
        let narrator = Narrator(isLive: isLive, toErrors: isJSON)
        var verdicts: [DemoVerdict] = []
        if parts.contains(.sessions) { verdicts += try await playSessions(narrator) }
        if parts.contains(.fleet) { verdicts += try await playFleet(narrator) }
        try Task.checkCancellation()
        return DemoReport(verdicts: verdicts, seconds: await narrator.elapsedSeconds)
    }

    /// The acts, one after the other, in a separate lab: `--keep` keeps the other one. The verdicts are in the order of the chapters.
    private func playFleet(_ narrator: Narrator) async throws -> [DemoVerdict] {
        var verdicts: [DemoVerdict] = []
        for kind in FleetAct.Kind.allCases {
            let act = FleetAct(
                kind: kind, labName: name + "-fleet", timeScale: fleetTimeScale, load: FleetAct.standardLoad)
            verdicts += try await act.play(narrator)
            try Task.checkCancellation()
        }
        return verdicts
    }

    private func playSessions(_ narrator: Narrator) async throws -> [DemoVerdict] {
        await narrator.say("setting up lab \(name)")
        let lab = try Lab.up(name: name)
        do {
            let verdicts = try await play(in: lab, narrator)
            await narrator.endLive()
            if !keep { try await takeDown(lab) }
            return verdicts
        } catch {
            await narrator.endLive()
            // Report the first error.
            try? await takeDown(lab)
            throw error
        }
    }

    /// Runs to its end even if this task was cancelled.
    private func takeDown(_ lab: Lab) async throws {
        try await Task { try lab.down() }.value
    }

    private func play(in lab: Lab, _ narrator: Narrator) async throws -> [DemoVerdict] {
        let gateway = try await lab.startGateway(configuration: lab.configuration(timeScale: timeScale))
        let timeouts = try GatewayInspector(gateway: lab.name).status().timeouts
        let stage = DemoStage(
            lab: lab, gateway: gateway, narrator: narrator,
            northSouthSeconds: timeouts["northSouthIdle"]?.effectiveSeconds ?? 0,
            eastWestSeconds: timeouts["eastWestIdle"]?.effectiveSeconds ?? 0)
        await narrator.say(
            "the gateway forwards; idle timeouts, scaled by \(timeScale): "
                + "N-S \(HumanText.setting(seconds: stage.northSouthSeconds)), "
                + "E-W \(HumanText.setting(seconds: stage.eastWestSeconds))")
        let scenes = Self.scenes(seconds: max(stage.northSouthSeconds, stage.eastWestSeconds) * 3)
        let table = Task { await showTable(lab, narrator) }
        defer { table.cancel() }
        let verdicts = await withTaskGroup(of: (Int, [DemoVerdict]).self) { group in
            for (number, scene) in scenes.enumerated() {
                group.addTask { (number, await scene.verdicts(on: stage)) }
            }
            var byScene: [Int: [DemoVerdict]] = [:]
            for await (number, verdicts) in group { byScene[number] = verdicts }
            return byScene.sorted { $0.key < $1.key }.flatMap(\.value)
        }
        try Task.checkCancellation()
        let sorted = verdicts.enumerated().sorted { ($0.element.rule, $0.offset) < ($1.element.rule, $1.offset) }
        return sorted.map(\.element)
    }

    /// Draws the sessions twice a second, on a terminal only.
    private func showTable(_ lab: Lab, _ narrator: Narrator) async {
        guard await narrator.isLive else { return }
        while !Task.isCancelled {
            if let page = try? SessionWatch.page(gateway: lab.name, filter: SessionFilter(), limit: 30) {
                await narrator.draw(page)
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}
