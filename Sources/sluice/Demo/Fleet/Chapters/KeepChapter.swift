import Gateway
import Glibc
import Inspection
import Lab

/// `continuity: preserve`: the same disturbances, with the same sessions throughout. No session breaks.
struct KeepChapter: FleetChapter {
    enum Disturbance: String, CaseIterable, Sendable {
        case drain, scaleIn, maintenance, stop, kill, controller
    }

    let disturbance: Disturbance
    let kept: KeptSessions
    /// Whether the controller is also killed during the disturbance.
    let controllerDies: Bool
    /// Whether every instance is hit, one after the other, or only one.
    let strikesAll: Bool

    var title: String {
        let what =
            switch disturbance {
            case .drain: "'instance drain'"
            case .scaleIn: "scale-in"
            case .maintenance: "'maintenance start --now'"
            case .stop: strikesAll ? "SIGSTOP of every instance in turn" : "SIGSTOP of an instance"
            case .kill: "kill -9 of every instance in turn"
            case .controller: "kill -9 of the controller, then of an instance, then 'sluice run'"
            }
        return "preserve: \(what)" + (controllerDies ? ", kill -9 of the controller meanwhile" : "")
    }

    var rules: [String] {
        switch disturbance {
        case .drain, .scaleIn, .maintenance, .stop: ["KEEP-1"]
        case .kill, .controller: ["KEEP-3"]
        }
    }

    func perform(on stage: FleetStage) async throws -> [DemoVerdict] {
        var note = ""
        var isDone = true
        let state = try await kept.state(on: stage, word: "\(disturbance)") {
            (note, isDone) = try await disturb(stage)
        }
        await stage.say("\(note): \(state.text)")
        return rules.map {
            DemoVerdict(rule: $0, shown: title, seen: "\(note): \(state.text)", holds: isDone && state.isWhole)
        }
    }

    /// - Returns: what happened, and whether it was the intended disturbance.
    private func disturb(_ stage: FleetStage) async throws -> (String, Bool) {
        switch disturbance {
        case .drain: try await drain(stage)
        case .scaleIn: try await scaleIn(stage)
        case .maintenance: try await maintenance(stage)
        case .stop: try await strike(stage, SIGSTOP, "stopped")
        case .kill: try await strike(stage, SIGKILL, "killed")
        case .controller: try await leaderless(stage)
        }
    }

    private func drain(_ stage: FleetStage) async throws -> (String, Bool) {
        let leaving = try stage.fleet().instances.max { $0.sessions < $1.sessions }?.identifier ?? 0
        try stage.ask(ControlRequest(.instanceDrain, instance: UInt16(leaving)))
        try await killController(stage)
        try await stage.waitFor("instance \(leaving) to end", within: .seconds(20)) {
            $0.instance(leaving) == nil && $0.serving >= 2
        }
        return ("instance \(leaving) is gone", true)
    }

    private func scaleIn(_ stage: FleetStage) async throws -> (String, Bool) {
        try await stage.scale(to: 4)
        var request = ControlRequest(.fleetScale)
        request.instances = 2
        try stage.ask(request)
        try await killController(stage)
        try await stage.waitFor("a fleet of two instances", within: .seconds(20)) {
            $0.instances.count == 2 && $0.serving == 2
        }
        return ("from 4 instances to 2", true)
    }

    private func maintenance(_ stage: FleetStage) async throws -> (String, Bool) {
        let run = try await MaintenanceRun.perform(on: stage, controllerDies: controllerDies)
        return ("maintenance \(run.text)", run.isGood(minimum: 2))
    }

    private func strike(_ stage: FleetStage, _ signal: Int32, _ word: String) async throws -> (String, Bool) {
        var slowest: Recovery?
        let all = try stage.fleet().instances.filter { $0.state == "serving" }
        let victims = strikesAll ? all : Array(all.prefix(1))
        for victim in victims {
            let recovery: Recovery
            if controllerDies {
                recovery = try await Recovery.perform(on: stage, instance: victim, signal: signal) {
                    try await killController(stage)
                }
            } else {
                recovery = try await Recovery.perform(on: stage, instance: victim, signal: signal)
            }
            if recovery.seconds > slowest?.seconds ?? 0 { slowest = recovery }
        }
        guard let slowest else { return ("there was no instance", false) }
        return ("\(victims.count) \(word), \(slowest.text)", slowest.isInTime)
    }

    private func leaderless(_ stage: FleetStage) async throws -> (String, Bool) {
        let status = try stage.fleet()
        guard let victim = status.instances.first(where: { $0.state == "serving" }) else {
            return ("there was no instance", false)
        }
        await stage.killController()
        kill(victim.processIdentifier, SIGKILL)
        // Meanwhile no controller can notice it.
        try await FleetStage.sleep(1)
        try await stage.startController()
        try await stage.waitFor("a replacement of instance \(victim.identifier)", within: .seconds(20)) {
            let processes = $0.servingProcesses
            return processes.count >= status.serving && !processes.contains(victim.processIdentifier)
        }
        return ("all instances serve again", true)
    }

    private func killController(_ stage: FleetStage) async throws {
        guard controllerDies else { return }
        await stage.killController()
        try await stage.startController()
    }
}
