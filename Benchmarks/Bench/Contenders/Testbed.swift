import Lab

/// The contenders that are up: each is set up when a row first asks for it.
final class Testbed {
    private var contenders: [ContenderKind: Contender] = [:]
    private let lock: RunLock
    private var hasRaisedLimits = false

    /// Puts back first what a run that was killed has left behind.
    init(lock: RunLock) throws {
        self.lock = lock
        try Lab.downAbandoned(prefix: Contender.labPrefix)
        try Conntrack.restoreLimits(lock)
    }

    func contender(_ kind: ContenderKind) async throws -> Contender {
        if let existing = contenders[kind] { return existing }
        try StopRequest.check()
        if kind.usesConntrack, !hasRaisedLimits {
            try Conntrack.raiseLimits(lock)
            hasRaisedLimits = true
        }
        Progress.note("setting up \(kind.title)")
        let contender = try await Contender(kind)
        contenders[kind] = contender
        return contender
    }

    func contenders(_ kinds: [ContenderKind]) async throws -> [Contender] {
        var found: [Contender] = []
        for kind in kinds { found.append(try await contender(kind)) }
        return found
    }

    /// Takes one down: the next row that asks for it gets a new one.
    func end(_ kind: ContenderKind) async throws {
        guard let contender = contenders.removeValue(forKey: kind) else { return }
        try await contender.end()
    }

    /// Takes all down, and puts the machine's settings back; goes on after an error, and throws the first.
    func endAll() async throws {
        var first: (any Error)?
        for kind in ContenderKind.allCases {
            do { try await end(kind) } catch { first = first ?? error }
        }
        do {
            try Conntrack.restoreLimits(lock)
            hasRaisedLimits = false
        } catch { first = first ?? error }
        if let first { throw first }
    }
}
