import Inspection
import Lab

/// The sessions that must survive every disturbance: the same ones through all chapters of an act.
final class KeptSessions: Sendable {
    let sessions: LongSessions
    let programs: ProgramSessions
    /// Their session identifiers in the gateway.
    private let identifiers: [FleetStage.Ports: String]

    init(sessions: LongSessions, programs: ProgramSessions, on stage: FleetStage) throws {
        self.sessions = sessions
        self.programs = programs
        identifiers = try stage.sessions().mapValues(\.id)
    }

    /// Their state at a point in time.
    struct State {
        var connections = 0
        /// Connections where both ends have seen neither an error nor a FIN.
        var untouched = 0
        /// Sessions that still have their first identifier in the gateway, and are owned by a serving instance.
        var owned = 0
        var bytesMoved = 0
        /// The longest time without a received byte, at an end that should receive bytes all the time.
        var silenceMilliseconds = 0
        var programs = 0
        var silentPrograms: [String] = []

        /// A pause that an application may notice: several round trips, several retransmissions.
        static let longestSilenceMilliseconds = 2000

        var isWhole: Bool {
            connections > 0 && untouched == connections && owned == connections && bytesMoved > 0
                && silenceMilliseconds <= Self.longestSilenceMilliseconds && silentPrograms.isEmpty
        }

        var text: String {
            var text =
                "\(untouched) of \(connections) connections, \(HumanText.bytes(UInt64(bytesMoved))) moved, "
                + "longest pause \(silenceMilliseconds) ms"
            if programs > 0 { text += "; \(programs - silentPrograms.count) of \(programs) ssh and psql answer" }
            if owned != connections { text += "; \(connections - owned) without a serving instance" }
            return text
        }
    }

    /// Their state after `body` has run.
    func state(on stage: FleetStage, word: String, after body: () async throws -> Void) async throws -> State {
        let before = try await sessions.tally()
        try await body()
        // Wait a little longer, so that broken sessions become visible.
        try await FleetStage.sleep(0.5)
        let after = try await sessions.tally()
        var state = State()
        state.connections = sessions.connections.count
        state.untouched = sessions.fates().values.count { $0.isUntouched }
        let serving = Set(try stage.fleet().instances.filter { $0.state == "serving" }.map(\.identifier))
        let views = try stage.sessions()
        state.owned = sessions.connections.count { connection in
            let ports = FleetStage.Ports(connection)
            guard let view = views[ports] else { return false }
            return view.id == identifiers[ports] && serving.contains(Int(view.instance))
        }
        // Connections that have ended are no longer counted.
        state.bytesMoved = max(0, after.bytesReceived - before.bytesReceived)
        state.silenceMilliseconds = after.longestSilenceMilliseconds
        state.programs = programs.count
        state.silentPrograms = await programs.silent(word: word)
        return state
    }
}
