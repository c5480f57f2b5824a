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
