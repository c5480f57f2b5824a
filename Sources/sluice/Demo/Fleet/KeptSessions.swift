import Inspection
import Lab

/// The sessions that must survive everything, with what is known of them: the same ones through all chapters of an act.
final class KeptSessions: Sendable {
    let sessions: LongSessions
    let programs: ProgramSessions
    /// Their identifiers in the gateway.
    private let identifiers: [FleetStage.Ports: String]

    init(sessions: LongSessions, programs: ProgramSessions, on stage: FleetStage) throws {
        self.sessions = sessions
        self.programs = programs
        identifiers = try stage.sessions().mapValues(\.id)
    }

    /// How they are at a moment.
    struct State {
        var connections = 0
        /// Connections whose both ends have met neither an error nor a FIN.
        var untouched = 0
        /// Sessions that the gateway still knows by the identifier that they had in the beginning, owned by an instance that serves.
        var owned = 0
        var bytesMoved = 0
        /// The longest time that an end with moving bytes has received none.
        var silenceMilliseconds = 0
        var programs = 0
        var silentPrograms: [String] = []

        /// A pause that an application may notice: some round-trips, some retransmissions.
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
            if owned != connections { text += "; \(connections - owned) without an instance that serves" }
            return text
        }
    }

    /// What has become of them while `body` happened.
    func state(on stage: FleetStage, word: String, after body: () async throws -> Void) async throws -> State {
        let before = try await sessions.tally()
        try await body()
        // A little longer, so that what it may have broken shows.
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
