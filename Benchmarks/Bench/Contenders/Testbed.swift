import Lab

/// The running contenders. Each is set up when a row first uses it.
final class Testbed {
    private var contenders: [ContenderKind: Contender] = [:]
    private let lock: RunLock
    private var hasRaisedLimits = false

    /// First restores what a killed run has left behind.
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

    /// Removes one; the next row that uses it gets a new one.
    func end(_ kind: ContenderKind) async throws {
        guard let contender = contenders.removeValue(forKey: kind) else { return }
        try await contender.end()
    }

    /// Removes all, and restores the machine's settings. Continues after an error, and throws the first one.
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
