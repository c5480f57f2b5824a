internal import FlowCore
internal import FlowLayout
internal import Kernel
internal import Store

extension RunningGateway {
    /// Records an event, and state changes with it. Never fails, and never waits.
    func recordEvent(_ event: GatewayEvent, state: [StateChange] = []) {
        history.record(event.record(time: WallTimeSource.nanoseconds()), state: state)
    }

    /// Runs once a second: makes the history retry a disk that could not be written, and reports the history's problem.
    func tendHistory() {
        let now = WallTimeSource.nanoseconds()
        if endTally.isDue(now: now) {
            let counts = endTally.take(datapath.sessionTallies.endsByName, now: now)
            if !counts.isEmpty { recordEvent(.sessionsEnded(counts)) }
        }
        history.tend(now: now)
        for notice in history.takeNotices() { log.notice(notice) }
        report(
            "history", historyProblem,
            next:
                "make it possible to write \(configuration.stateDirectory) (df, ls -ld); "
                + "the history then writes the waiting events")
    }

    /// Informs the instances that the gateway stops: an instance that ends from now on logs the end of its sessions.
    func announceStop() {
        guard var settings = try? directory.read(InstanceSettings.self, from: directory.instanceSettingsPath) else {
            return
        }
        settings.gatewayStops = true
        try? directory.write(settings, to: directory.instanceSettingsPath)
    }

    /// Records the last event of this controller. If the history can't store it, the log has it.
    func recordStop() {
        var left = 0
        for slot in 0..<datapath.table.slotCount {
            let word = ControlWord(rawValue: sluice_load64(datapath.table.words + slot))
            if (SessionState.synSent.rawValue...SessionState.closing.rawValue).contains(word.stateValue) { left += 1 }
        }
        recordEvent(.stopped(reason: stopCause, sessionsLeft: left, ends: datapath.sessionTallies.endsByName))
        history.tend(now: WallTimeSource.nanoseconds())
        guard let problem = history.problem else { return }
        log.error("\(history.waiting) events are lost", ["cause": problem])
    }

    private var historyProblem: String? {
        guard let problem = history.problem else { return nil }
        guard history.lost > 0 else { return problem }
        return "\(problem) (\(history.lost) events are lost already)"
    }
}

/// Counts ends of sessions by reason, for one event an hour in the history; flow logs have each single end. Pure.
struct EndTally: Equatable {
    static let intervalNanoseconds: UInt64 = 3_600_000_000_000

    /// The counts that are in the history already, or were there before.
    private var recorded: [String: UInt64]
    private var nextAt: UInt64

    /// - Parameters:
    ///   - counts: the counts so far.
    ///   - now: nanoseconds since 1970.
    init(counts: [String: UInt64], now: UInt64) {
        recorded = counts
        nextAt = now + Self.intervalNanoseconds
    }

    func isDue(now: UInt64) -> Bool { now >= nextAt }

    /// - Returns: the increase since the last time; reasons without one are omitted.
    mutating func take(_ counts: [String: UInt64], now: UInt64) -> [String: UInt64] {
        let new = counts.reduce(into: [String: UInt64]()) { new, entry in
            let before = recorded[entry.key] ?? 0
            if entry.value > before { new[entry.key] = entry.value - before }
        }
        recorded = counts
        nextAt = now + Self.intervalNanoseconds
        return new
    }
}
