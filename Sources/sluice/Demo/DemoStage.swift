import Inspection
import Lab

/// What the scenes run on: the lab, the gateway in it, and queries to both.
struct DemoStage: Sendable {
    let lab: Lab
    let gateway: LabGateway
    let narrator: Narrator
    /// Idle timeouts in force, in seconds.
    let northSouthSeconds: Double
    let eastWestSeconds: Double

    /// Tolerance in seconds: an idle session may live this much longer than its timeout (IDLE-1), and an end's delayed ACK
    /// may come this much later than the last byte that the end reports. On a slow machine the ends see everything later.
    static let latenessSeconds = (1.0 + 0.1) * Patience.factor

    /// The same, for people.
    static var latenessText: String { "\(HumanText.decimal(Patience.factor, places: 0)) s" }

    /// Pause between two polls during a wait. It does not affect the times in the verdicts, which the ends measure.
    static let pollInterval = Duration.milliseconds(50)

    /// The sessions at this moment.
    func sessions(_ filter: SessionFilter = SessionFilter()) throws -> [SessionView] {
        try GatewayInspector(gateway: lab.name).sessions(filter)
    }

    /// The one session to this server port; nil if there is none. Every scene uses its own ports.
    func session(port: Int) throws -> SessionView? {
        try sessions(SessionFilter(port: UInt16(port))).first
    }

    /// Packets dropped so far for this reason.
    func drops(_ reason: String) throws -> UInt64 {
        try GatewayInspector(gateway: lab.name).drops()[reason] ?? 0
    }

    func say(_ scene: some DemoScene, _ line: String) async {
        await narrator.say("\(scene.title): \(line)")
    }
}

/// One scene of the demo: real programs in the lab, and what they must observe.
protocol DemoScene: Sendable {
    /// The scene's name in the output.
    var title: String { get }
    /// The rules that it shows. All of them fail if the scene can't run to its end.
    var rules: [String] { get }

    func perform(on stage: DemoStage) async throws -> [DemoVerdict]
}

extension DemoScene {
    /// The scene's verdicts, also if it stops early.
    func verdicts(on stage: DemoStage) async -> [DemoVerdict] {
        do {
            return try await perform(on: stage)
        } catch {
            let reason = "\(error)".replacing("\n", with: " ")
            return rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .fail) }
        }
    }

    /// The verdicts of a scene that can't run on this machine.
    func skipped(because reason: String) -> [DemoVerdict] {
        rules.map { DemoVerdict(rule: $0, shown: title, seen: reason, verdict: .skip) }
    }
}

/// Why a scene can't run to its end.
enum DemoError: Error, CustomStringConvertible {
    case sessionMissing(port: Int)
    case timedOut(what: String, seen: String)

    var description: String {
        switch self {
        case .sessionMissing(let port):
            "the gateway has no session to port \(port), but its ends exchange data: see 'sluice session list'"
        case .timedOut(let what, let seen):
            "timeout while waiting for \(what); the instances: \(seen)"
        }
    }
}
