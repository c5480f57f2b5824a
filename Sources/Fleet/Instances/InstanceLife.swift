/// One instance from its start to its end (FLEET-2).
struct InstanceLife: Hashable, Sendable, Codable {
    /// Why it leaves. This decides what happens to its sessions.
    enum Leaving: Hashable, Sendable, Codable {
        case scaleIn
        /// `instance drain`.
        case drained
        /// `instance stop`.
        case stopped
        case maintenance(Int)
        /// It never served and is no longer needed.
        case notWanted
        /// It failed to start serving, or no longer responded.
        case failed

        var text: String {
            switch self {
            case .scaleIn: "scale-in"
            case .drained, .stopped: "operator"
            case .maintenance(let number): "maintenance \(number)"
            case .notWanted: "not wanted any more"
            case .failed: "failure"
            }
        }

        var discardReason: DiscardReason {
            switch self {
            case .scaleIn, .drained, .maintenance, .notWanted: .drained
            case .stopped: .stopped
            case .failed: .instanceLost
            }
        }
    }

    let identifier: InstanceIdentifier
    /// The binary it runs; nil: the controller's own.
    let binary: String?
    private(set) var state = InstanceState.starting
    private(set) var since: UInt64
    private(set) var cause: String
    /// Set while it drains, and until its process is gone.
    var drain: DrainMachine?
    var leaving: Leaving?
    /// Whether its process is known to be gone, so that its slabs can be taken.
    var isProcessGone = false
    /// When the current wait times out: for its start, for its end after SIGTERM, or for a hand-over that is not
    /// reported.
    var deadline: UInt64?
    /// Set while its process is being replaced. It counts as serving then.
    var renewal: Renewal?
    /// The failed instance that it replaces.
    var recovers: LostInstance?

    init(identifier: InstanceIdentifier, binary: String?, cause: String, now: UInt64) {
        self.identifier = identifier
        self.binary = binary
        self.cause = cause
        since = now
    }

    mutating func become(_ next: InstanceState, cause: String, now: UInt64) {
        precondition(state.canBecome(next), "instance \(identifier) can't go from \(state) to \(next)")
        state = next
        since = now
        self.cause = cause
    }

    /// Sets the state that a starting controller has found, whatever the state was before.
    mutating func adopt(_ found: InstanceState) { state = found }

    /// Whether it is leaving by a drain or a request. No other instance may begin to leave then.
    var isLeaving: Bool {
        guard state.isDraining || state == .ending, let leaving else { return false }
        switch leaving {
        case .scaleIn, .drained, .stopped, .maintenance: return true
        case .notWanted, .failed: return false
        }
    }

    /// Whether its process must prove that it is alive.
    var isWatched: Bool { state.isWatched && renewal == nil }

    var isOut: Bool { state == .ending || state == .unresponsive }
}

/// An instance that served and failed, and has not been replaced yet.
struct LostInstance: Hashable, Sendable, Codable {
    var identifier: InstanceIdentifier
    var binary: String?
    var failedAt: UInt64
}

extension InstanceState {
    /// The transitions that the comments of the states name.
    package func canBecome(_ next: InstanceState) -> Bool {
        switch self {
        case .stopped: next == .starting
        case .starting: next == .serving || next == .ending || next == .stopped
        case .serving: next == .drainingRefuse || next == .ending || next == .unresponsive
        case .drainingRefuse: next == .serving || next == .drainingReset || next == .ending || next == .unresponsive
        case .drainingReset: next == .ending || next == .unresponsive
        case .ending, .unresponsive: next == .stopped
        }
    }
}
