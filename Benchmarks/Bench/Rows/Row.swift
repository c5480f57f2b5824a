import Lab

/// One line of the table of targets, or several that are measured together.
protocol Row: Sendable {
    /// The name for `--rows`.
    var name: String { get }
    func run(_ testbed: Testbed, _ effort: Effort) async throws -> RowReport
}

/// How long to measure.
struct Effort {
    let isQuick: Bool

    var rounds: Int { isQuick ? 3 : 9 }
    /// For rows with short samples. The speed of a shared machine changes within tenths of a second. The closer together
    /// the two samples of a ratio are, the less this affects the ratio.
    var shortRounds: Int { isQuick ? 20 : 90 }
    /// Packets in a short turn of a contender.
    var packets: Int { isQuick ? 10_000 : 25_000 }
    /// Connections in a short turn.
    var connections: Int { isQuick ? 250 : 600 }
    /// Round trips in a short turn.
    var roundTrips: Int { isQuick ? 2000 : 5000 }
    /// For rows whose target is closer than the spread of their rounds: twice as many.
    var manyRounds: Int { 2 * shortRounds }
    /// Rounds of new sessions, each of which begins with an empty table.
    var newSessionRounds: Int { isQuick ? 5 : 15 }
    /// Sessions begun in a turn of a contender.
    var newSessions: Int { isQuick ? 30_000 : 100_000 }
}

/// All rows, in the order in which they are measured.
enum Rows {
    static let all: [any Row] = [
        EstablishedRow(sessions: 1),
        EstablishedRow(sessions: 1, version: .six),
        NewSessionRow(isThousandRules: false),
        NewSessionRow(isThousandRules: true),
        EstablishedRow(sessions: 1_000_000),
        ShortConnectionRow(),
        LatencyRow(),
        BulkRow(streams: 1),
        BulkRow(streams: 8),
        FloodRow(),
        LiveSessionsRow.million,
        LiveSessionsRow.tenMillion,
        DrainRow(),
        TakeoverRow(),
        RecoveryRow(),
        UpgradeRow(),
        IdleFleetRow(),
        APIRow(),
        SocketListRow(),
    ]

    static func matching(_ pattern: String?) throws -> [any Row] {
        guard let pattern else { return all }
        let found = all.filter { $0.name.contains(pattern) }
        guard !found.isEmpty else { throw BenchError.noRow(pattern: pattern, rows: all.map(\.name)) }
        return found
    }
}
