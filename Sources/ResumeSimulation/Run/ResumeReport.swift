/// What a run has shown.
package struct ResumeReport: Sendable {
    /// The first violation; nil: none.
    package internal(set) var violation: String?
    /// One line for each event, if it was asked for.
    package internal(set) var trace: [String] = []
    /// Connections that the client opened, or tried to open.
    package internal(set) var connections = 0
    /// Connections that were cut.
    package internal(set) var cuts = 0
    /// How often the stream went on, on another connection.
    package internal(set) var resumptions = 0
    /// How the ends ended.
    package internal(set) var outcomes: [String: Int] = [:]
    /// What each direction of the first two connections delivered: first what the client sent.
    package internal(set) var deliveredBytes: [[Int]] = []
    /// How long it took, in virtual time.
    package internal(set) var virtualSeconds: Double = 0
}

/// Faults of a shell, which the checkers must find.
package enum ResumeSabotage: Sendable, CaseIterable {
    case losesByte, changesByte, finishesEarly, keepsAll, neverReconnects, ignoresOutput, abandonsNothing,
        forgetsNothing, endsQuietly, connectsTwice
}
