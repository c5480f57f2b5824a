/// Replaces instances one at a time by instances of a given binary (MAINT-1 to MAINT-3).
///
/// It says which step it requests next. ``FleetMachine`` starts and drains instances, and reports the results to it.
struct MaintenanceMachine: Hashable, Sendable, Codable {
    typealias Phase = MaintenanceView.Phase

    /// The progress of the current replacement.
    enum Step: Hashable, Sendable, Codable {
        /// The replacement starts while the old instance serves. Can transition to: `leaving` when the replacement
        /// serves; nothing (aborted; or rolling back, when the replacement fails).
        case surging(old: InstanceIdentifier, replacement: InstanceIdentifier)
        /// The old instance drains. Can transition to: nothing when it is gone and the replacement already serves;
        /// `replacing` otherwise.
        case leaving(old: InstanceIdentifier, replacement: InstanceIdentifier?)
        /// The old instance is gone, its replacement starts. Can transition to: nothing when it serves.
        case replacing(replacement: InstanceIdentifier)

        /// The replacement, if it was already started.
        var replacement: InstanceIdentifier? {
            switch self {
            case .surging(_, let replacement), .replacing(let replacement): replacement
            case .leaving(_, let replacement): replacement
            }
        }
    }

    /// The state of the fleet, as input to a decision.
    struct Situation: Hashable, Sendable {
        /// Every instance that is not stopped.
        var present: Set<InstanceIdentifier>
        var serving: Set<InstanceIdentifier>
        var isSomeoneLeaving: Bool
        var minimum: Int
        var isWindowOpen: Bool
        var replacementFirst: Bool
    }

    enum Wish: Hashable, Sendable {
        /// Maintenance has begun: these instances are to be replaced.
        case began([InstanceIdentifier])
        /// Answered by ``started(_:)``.
        case start(insteadOf: InstanceIdentifier?, binary: String?)
        case leave(InstanceIdentifier)
        case stepDone(InstanceIdentifier)
        case finished(Phase)
    }

    let number: Int
    /// The binary to run; nil: the controller's own.
    let binary: String?
    /// The binary that ran before, for a roll-back.
    let previousBinary: String?
    let ignoresWindows: Bool
    private(set) var phase = Phase.checking
    private(set) var isPaused = false
    private(set) var queue: [InstanceIdentifier] = []
    private(set) var updated: [InstanceIdentifier] = []
    private(set) var step: Step?
    /// Why it rolls back, or why it ended.
    private(set) var reason = ""

    init(number: Int, binary: String?, previousBinary: String?, ignoresWindows: Bool) {
        self.number = number
        self.binary = binary
        self.previousBinary = previousBinary
        self.ignoresWindows = ignoresWindows
    }

    var isActive: Bool { !phase.isOver }

    /// The binary that a replacement runs now.
    var wantedBinary: String? { phase == .rollingBack ? previousBinary : binary }

    // MARK: - What operators ask for

    mutating func checked() { phase = .waiting }
    mutating func pause() { isPaused = true }
    mutating func resume() { isPaused = false }

    /// Ends it in its current state. Returns a replacement that does not serve yet: it is no longer needed.
    mutating func abort(reason: String) -> InstanceIdentifier? {
        defer { end(.aborted, reason: reason) }
        switch step {
        case .surging(_, let replacement), .replacing(let replacement): return replacement
        case .leaving, nil: return nil
        }
    }

    // MARK: - Results of its requests

    mutating func started(_ replacement: InstanceIdentifier, insteadOf old: InstanceIdentifier?) {
        step = old.map { .surging(old: $0, replacement: replacement) } ?? .replacing(replacement: replacement)
    }

    /// Another instance was started meanwhile, for another reason. It will be replaced too, unless it already runs the
    /// wanted binary.
    mutating func joined(_ identifier: InstanceIdentifier, binary: String?) {
        guard phase == .rolling || phase == .rollingBack else { return }
        if binary == wantedBinary { updated.append(identifier) } else { queue.append(identifier) }
    }

    /// An instance has failed. Returns true if it was the replacement: the update rolls back, or gives up the
    /// roll-back.
    mutating func failed(_ identifier: InstanceIdentifier, why: String) -> Bool {
        queue.removeAll { $0 == identifier }
        updated.removeAll { $0 == identifier }
        guard isActive, replacement == identifier else { return false }
        step = nil
        if phase == .rollingBack {
            end(.rolledBack, reason: "\(reason); and then instance \(identifier) of the previous binary \(why)")
        } else {
            phase = .rollingBack
            isPaused = false
            reason = "instance \(identifier) of the new binary \(why)"
            // If both binaries are the same file, there is nothing to roll back to.
            queue = binary == previousBinary ? [] : updated
            updated = []
        }
        return true
    }

    private var replacement: InstanceIdentifier? {
        switch step {
        case .surging(_, let replacement), .replacing(let replacement): replacement
        case .leaving(_, let replacement): replacement
        case nil: nil
        }
    }

    // MARK: - Its requests

    /// Returns the next request. Call it again after each granted request, until it returns nil.
    mutating func wish(_ fleet: Situation) -> Wish? {
        switch phase {
        case .checking, .completed, .aborted, .rolledBack: return nil
        case .waiting:
            guard !isPaused, fleet.isWindowOpen || ignoresWindows else { return nil }
            phase = .rolling
            queue = fleet.present.sorted()
            return .began(queue)
        case .rolling, .rollingBack: return roll(fleet)
        }
    }

    private mutating func roll(_ fleet: Situation) -> Wish? {
        switch step {
        case .surging(let old, let replacement):
            guard fleet.serving.contains(replacement) else { return nil }
            guard fleet.present.contains(old) else { return finishStep(old, replacement) }
            guard fleet.serving.contains(old), !fleet.isSomeoneLeaving, fleet.serving.count > fleet.minimum else {
                return nil
            }
            step = .leaving(old: old, replacement: replacement)
            return .leave(old)
        case .leaving(let old, let replacement):
            guard !fleet.present.contains(old) else { return nil }
            if let replacement { return finishStep(old, replacement) }
            queue.removeAll { $0 == old }
            return .start(insteadOf: nil, binary: wantedBinary)
        case .replacing(let replacement):
            guard fleet.serving.contains(replacement) else { return nil }
            return finishStep(replacement, replacement)
        case nil:
            return nextStep(fleet)
        }
    }

    private mutating func nextStep(_ fleet: Situation) -> Wish? {
        queue.removeAll { !fleet.present.contains($0) }
        guard !queue.isEmpty else {
            end(phase == .rolling ? .completed : .rolledBack, reason: reason)
            return .finished(phase)
        }
        let mayBegin = phase == .rollingBack || ignoresWindows || fleet.isWindowOpen
        guard !isPaused, mayBegin, !fleet.isSomeoneLeaving, let old = queue.first(where: fleet.serving.contains) else {
            return nil
        }
        if fleet.replacementFirst || fleet.serving.count <= fleet.minimum {
            return .start(insteadOf: old, binary: wantedBinary)
        }
        step = .leaving(old: old, replacement: nil)
        return .leave(old)
    }

    private mutating func finishStep(_ old: InstanceIdentifier, _ replacement: InstanceIdentifier) -> Wish {
        step = nil
        queue.removeAll { $0 == old }
        updated.append(replacement)
        return .stepDone(replacement)
    }

    private mutating func end(_ phase: Phase, reason: String) {
        self.phase = phase
        self.reason = reason
        step = nil
        queue = []
        isPaused = false
    }
}

extension MaintenanceMachine {
    /// How much the step changes the number of instances that are to serve: +1 while a replacement runs beside the old
    /// instance that serves; -1 while the old one is gone and its replacement has not been requested.
    func surplus(serving: Set<InstanceIdentifier>) -> Int {
        switch step {
        case .surging(let old, _): serving.contains(old) ? 1 : 0
        case .leaving(_, nil): -1
        case .leaving, .replacing, nil: 0
        }
    }

    /// `maintenance status`.
    func view(isWindowOpen: Bool) -> MaintenanceView {
        let waits = (phase == .waiting || phase == .rolling) && step == nil && !ignoresWindows && !isWindowOpen
        return MaintenanceView(
            number: number, phase: phase, isPaused: isPaused, waitsForWindow: waits, binary: binary,
            previousBinary: previousBinary, remaining: queue, updated: updated, text: text(waits: waits))
    }

    private func text(waits: Bool) -> String {
        switch step {
        case .surging(let old, let replacement): return "instance \(replacement) starts, to replace instance \(old)"
        case .leaving(let old, _): return "instance \(old) leaves"
        case .replacing(let replacement): return "instance \(replacement) starts"
        case nil: break
        }
        switch phase {
        case .checking: return "the binary is being checked"
        case .waiting, .rolling:
            if isPaused { return "paused" }
            return waits ? "waits for a maintenance window" : "between two instances"
        case .rollingBack, .rolledBack, .aborted: return reason
        case .completed: return "every instance was replaced"
        }
    }
}
