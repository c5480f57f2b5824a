import Inspection
import Lab

/// Where the scenes play: the lab, the gateway in it, and what can be asked of them.
struct DemoStage: Sendable {
    let lab: Lab
    let gateway: LabGateway
    let narrator: Narrator
    /// Idle timeouts in force, in seconds.
    let northSouthSeconds: Double
    let eastWestSeconds: Double

    /// An idle session may live so much longer than its timeout (IDLE-1), and an end's delayed ACK may come so much after
    /// what the end itself called the last byte. A machine that needs patience shows the ends everything later.
    static let latenessSeconds = (1.0 + 0.1) * Patience.factor

    /// The same, for people.
    static var latenessText: String { "\(HumanText.decimal(Patience.factor, places: 0)) s" }

    /// Between two looks at something that is waited for. The times in the verdicts are the ends' own.
    static let pollInterval = Duration.milliseconds(50)

    /// The sessions at this moment.
    func sessions(_ filter: SessionFilter = SessionFilter()) throws -> [SessionView] {
        try GatewayInspector(gateway: lab.name).sessions(filter)
    }

    /// The one session towards this port; nil if there is none. Every scene has ports of its own.
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

/// Why a scene can't be played to its end.
enum DemoError: Error, CustomStringConvertible {
    case sessionMissing(port: Int)
    case waitedInVain(what: String, seen: String)

    var description: String {
        switch self {
        case .sessionMissing(let port):
            "the gateway has no session towards port \(port), though its ends speak: see 'sluice session list'"
        case .waitedInVain(let what, let seen):
            "waited in vain for \(what); the instances: \(seen)"
        }
    }
}
